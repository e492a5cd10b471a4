extension OwnerFilterSnapshot {
    /// Where this filter releases something else than an earlier one of the same ordinals, which may have had
    /// fewer.
    func changes(since earlier: OwnerFilterSnapshot) -> [ReleaseChange] {
        var changes: [ReleaseChange] = []
        for page in 0..<max(pages.count, earlier.pages.count) {
            let (old, new) = (earlier.page(page), self.page(page))
            let isSame = new.isSame(as: old) { fields(ofScope: Int($0)) == earlier.fields(ofScope: Int($1)) }
            if isSame { continue }
            for owner in 0..<FilterPage.ownerCount {
                let before = old.scope(owner).map { earlier.fields(ofScope: $0) } ?? FieldSet()
                let after = new.scope(owner).map { fields(ofScope: $0) } ?? FieldSet()
                guard before != after else { continue }
                let ordinal = UInt32(page * FilterPage.ownerCount + owner)
                changes.append(ReleaseChange(ordinal: ordinal, before: before, after: after))
            }
        }
        return changes
    }

    private func page(_ number: Int) -> FilterPage { number < pages.count ? pages[number] : FilterPage() }
}
