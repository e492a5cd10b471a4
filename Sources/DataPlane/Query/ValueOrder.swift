/// How a stored value stands to the one it is compared with; the values are those of a bit each.
enum ValueOrder: UInt8 {
    case less = 1
    case equal = 2
    case greater = 4
}
