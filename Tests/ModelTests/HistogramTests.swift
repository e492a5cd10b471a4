import Model
import Testing

@Suite("Histograms") struct HistogramTests {
    @Test("Counts are cumulative, and what is at a bound is within it") func counts() {
        var histogram = Histogram(bounds: [10, 100, 1000])
        for microseconds in [1, 10, 11, 100, 1000, 1001, 5_000_000] {
            histogram.record(.microseconds(microseconds))
        }
        #expect(histogram.cumulativeCounts == [2, 4, 5] && histogram.count == 7)
        #expect(histogram.seconds == 5.002123)
    }

    @Test("Bounds that do not ascend are a mistake of ours") func bounds() async {
        await #expect(processExitsWith: .failure) { _ = Histogram(bounds: [2, 1]) }
    }
}
