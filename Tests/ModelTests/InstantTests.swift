import Foundation
import Testing

@testable import Model
import TestSupport

@Suite("An instant is RFC 3339 in UTC with milliseconds, whatever the zone it was written in")
struct InstantTests {
    @Test(
        "Every form of one moment reads as that moment",
        arguments: [
            ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"),
            ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000Z"),
            ("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z"),
            ("1990-12-31T23:59:60Z", "1990-12-31T23:59:59.000Z"),
            ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.000Z"),
            ("1990-06-30T23:59:60.750Z", "1990-06-30T23:59:59.750Z"),
            ("2026-11-22t06:48:23z", "2026-11-22T06:48:23.000Z"),
            ("2026-11-22 06:48:23Z", "2026-11-22T06:48:23.000Z"),
            ("2026-11-22T06:48:23", "2026-11-22T06:48:23.000Z"),
            ("2026-11-22", "2026-11-22T00:00:00.000Z"),
            ("2026-11-22T06:48:23.1239999999999999999999Z", "2026-11-22T06:48:23.123Z"),
            ("2026-11-22T06:48:23.9-00:00", "2026-11-22T06:48:23.900Z"),
            ("2026-11-22T06:48:23.09+23:59", "2026-11-21T06:49:23.090Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"),
        ])
    func reads(text: String, expected: String) throws {
        let instant = try #require(Instant(text))
        #expect(instant.description == expected)
        #expect(Instant(instant.description) == instant)
    }

    @Test(
        "What is not a date-time is refused, never guessed",
        arguments: [
            "", " ", "2026", "2026-11", "2026-11-2", "2026-11-22T", "2026-11-22T06:48",
            "2026-11-22T06:48:23.",
            "2026-11-22T06:48:23.Z", "2026-11-22T06:48:23,5Z", "2026-11-22T24:00:00Z", "2026-11-22T06:60:00Z",
            "2026-11-22T06:48:61Z", "2026-11-22T06:48:23+24:00", "2026-11-22T06:48:23+01:60", "2026-11-22Z",
            "2026-11-22T06:48:23+0100", "2026-11-22T06:48:23+01", "2026-11-22T06:48:23Zx",
            "2026-11-22T06:48:23 Z",
            " 2026-11-22T06:48:23Z", "2026-11-22T06:48:23Z ", "2026-11-22T06:48:23Z\u{0}",
            "2026-11-22T6:48:23Z",
            "2026-00-22", "2026-13-22", "2026-11-00", "2026-11-31", "2026-02-29", "1900-02-29", "2100-02-29",
            "0000-01-01", "10000-01-01", "-001-01-01", "+2026-01-01", "26-11-22", "2026/11/22", "20261122",
            "2026-11-22T06:48:23−01:00", "２０２６-11-22", "2026-11-22T-6:48:23Z", "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01", "2026-11-22T06:48:60Z", "2026-11-30T23:58:60Z",
            "2026-11-29T23:59:60Z",
            "1990-12-31T23:59:60-08:00",
        ])
    func refuses(text: String) { #expect(Instant(text) == nil) }

    @Test("Leap years follow the Gregorian rule for four centuries")
    func leapYears() {
        for year in 1600...2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            #expect((Instant("\(year)-02-29") != nil) == isLeap, "\(year)")
        }
    }

    @Test(
        "Before 1970 time still runs forward",
        arguments: [
            (-1, "1969-12-31T23:59:59.999Z"), (-1000, "1969-12-31T23:59:59.000Z"),
            (-86_400_000, "1969-12-31T00:00:00.000Z"), (-86_400_001, "1969-12-30T23:59:59.999Z"),
            (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"), (0, "1970-01-01T00:00:00.000Z"),
        ])
    func beforeTheEpoch(milliseconds: Int64, expected: String) {
        #expect(Instant(milliseconds: milliseconds).description == expected)
        #expect(Instant(expected) == Instant(milliseconds: milliseconds))
    }

    @Test("Floored division agrees with its definition around zero")
    func flooredDivision() {
        for dividend in Int64(-50)...50 {
            let expected = Int64((Double(dividend) / 7).rounded(.down))
            #expect(dividend.flooredQuotient(by: 7) == expected, "\(dividend)")
        }
    }

    @Test("Every day from year 1 to 9999 has the date that the day before it calls tomorrow")
    func allDays() throws {
        let first = Instant.writable.lowerBound / 86_400_000
        var expected = try #require(CivilDate(year: 1, month: 1, day: 1))
        for day in first...Instant.writable.upperBound / 86_400_000 {
            let date = CivilDate(daysSince1970: day)
            guard (date.year, date.month, date.day) == (expected.year, expected.month, expected.day),
                date.daysSince1970 == day
            else {
                Issue.record("day \(day) is \(date), expected \(expected)")
                return
            }
            expected =
                CivilDate(year: date.year, month: date.month, day: date.day + 1)
                ?? CivilDate(year: date.year, month: date.month + 1, day: 1)
                ?? CivilDate(year: date.year + 1, month: 1, day: 1) ?? expected
        }
    }

    @Test("Random instants are written as Foundation writes them, and read back")
    func agreesWithFoundation() {
        var random = SeededGenerator()
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        // Foundation counts dates before October 1582 in the Julian calendar.
        let gregorian: Int64 = -12_219_292_800_000
        for _ in 0..<5000 {
            let instant = Instant(
                milliseconds: .random(in: gregorian...Instant.writable.upperBound, using: &random))
            // Half a millisecond over the border, because a double of seconds may lie just below it.
            let date = Date(timeIntervalSince1970: (Double(instant.milliseconds) + 0.5) / 1000)
            #expect(instant.description == date.formatted(style), "\(replay)")
            #expect(Instant(instant.description) == instant, "\(replay)")
        }
    }

    @Test("A zone moves the moment by exactly its offset")
    func zones() throws {
        var random = SeededGenerator()
        for _ in 0..<2000 {
            let local = Instant(
                milliseconds: .random(in: -1_000_000_000_000...4_000_000_000_000, using: &random))
            let (hours, minutes) = (
                Int64.random(in: 0...23, using: &random), Int64.random(in: 0...59, using: &random)
            )
            let isEast = Bool.random(using: &random)
            let zone =
                "\(isEast ? "+" : "-")\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
            let read = try #require(Instant(local.description.dropLast() + zone))
            let offset = (hours * 60 + minutes) * 60_000
            #expect(
                read.milliseconds == local.milliseconds - (isEast ? offset : -offset), "\(zone) \(replay)")
        }
    }

    @Test("Random bytes never trap, and what reads is written back as the same moment")
    func randomText() {
        var random = SeededGenerator()
        let alphabet = Array("0123456789-:.TtZz+ \u{e9}".utf8)
        var template = Array("2026-11-22T06:48:23.123+01:00".utf8)
        for _ in 0..<20_000 {
            let index = Int.random(in: template.indices, using: &random)
            let old = template[index]
            template[index] = alphabet.randomElement(using: &random) ?? 0
            let text = String(decoding: template.prefix(.random(in: 0...29, using: &random)), as: UTF8.self)
            if let instant = Instant(text) {
                #expect(Instant(instant.description) == instant, "\(text) \(replay)")
            }
            if Bool.random(using: &random) { template[index] = old }
        }
    }

    @Test("Adding seconds stops at the ends of what can be written, and never traps")
    func adding() {
        let start = Instant(milliseconds: 1_000)
        #expect(start.adding(seconds: -2) == Instant(milliseconds: -1_000))
        #expect(start.adding(seconds: 0) == start)
        #expect(start.adding(seconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(start.adding(seconds: .min).description == "0001-01-01T00:00:00.000Z")
        #expect(Instant(milliseconds: .max).adding(seconds: 1).description == "9999-12-31T23:59:59.999Z")
        #expect(Instant(milliseconds: .min).adding(seconds: -1).description == "0001-01-01T00:00:00.000Z")
        #expect(Instant(milliseconds: .min).adding(seconds: 1).description == "0001-01-01T00:00:00.000Z")
    }

    @Test("An instant beyond what RFC 3339 can write is written as the nearest it can")
    func clamps() {
        #expect(Instant(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Instant(milliseconds: .min).description == "0001-01-01T00:00:00.000Z")
    }

    @Test("Later is greater, and text sorts as time does")
    func order() {
        var random = SeededGenerator()
        for _ in 0..<1000 {
            let (a, b) = (
                Instant(milliseconds: .random(in: Instant.writable, using: &random)),
                Instant(milliseconds: .random(in: Instant.writable, using: &random))
            )
            #expect((a < b) == (a.milliseconds < b.milliseconds))
            #expect((a < b) == (a.description < b.description), "\(replay)")
        }
    }
}
