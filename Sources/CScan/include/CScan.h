#ifndef SLUIS_CSCAN_H
#define SLUIS_CSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Instruction sets, each with the same results; a higher one is faster.
enum sluis_scan_variant {
    SLUIS_SCAN_PORTABLE = 0,
    SLUIS_SCAN_SSE2 = 1,
    SLUIS_SCAN_AVX2 = 2,
    SLUIS_SCAN_AVX512 = 3,
};

/// The highest variant that this machine runs; all below it run as well.
int sluis_scan_best_variant(void);

/// What is carried from one piece of a text to the next.
struct sluis_scan_state {
    /// 1 inside a quoted cell.
    uint8_t in_quotes;
    /// What the byte before was: `enum sluis_scan_after`.
    uint8_t after;
};

enum sluis_scan_after {
    SLUIS_AFTER_TEXT = 0,
    /// A comma or line end outside quotes, or the start of the text.
    SLUIS_AFTER_MARK = 1,
    /// A quote that ended a cell, or is the first of a doubled one.
    SLUIS_AFTER_CLOSING = 2,
    /// A carriage return outside quotes.
    SLUIS_AFTER_RETURN = 3,
};

/// Set in a mark that is no comma or line end outside quotes: the second quote of a doubled one, or a line
/// end inside quotes.
#define SLUIS_MARK_INSIDE 0x80000000u

struct sluis_scan_result {
    /// Bytes that were read. Fewer than given: `marks` had no room for the next 64, or there is an anomaly.
    size_t consumed;
    size_t count;
    /// Whether the byte at `consumed` shows that the row is malformed: a NUL, a quote inside an unquoted
    /// cell, text after a closing quote, or what follows a carriage return that ends no line. Nothing from
    /// there on counts, and `state` is that of a new text.
    bool has_anomaly;
    /// Whether one of the bytes read is above 0x7F.
    bool has_high_bytes;
};

/// Finds the structure of CSV text (RFC 4180): the places, from `bytes`, of commas and line ends outside
/// quotes and of the marks above, in ascending order.
///
/// `length` is below 2^31. Reads nothing outside `bytes[0..<length]` and writes nothing outside
/// `marks[0..<capacity]`, whose content from `count` on means nothing; 64 places always let it get on. A
/// variant that the machine does not run is replaced by the best that it does.
struct sluis_scan_result sluis_scan_structure(
    const uint8_t *bytes, size_t length, struct sluis_scan_state *state, uint32_t *marks, size_t capacity,
    int variant);

/// Has what lies at an address that will be read soon brought near. It reads nothing.
static inline void sluis_prefetch(const void *address) { __builtin_prefetch(address); }

/// Whether the machine has instructions for CRC-32C.
bool sluis_crc32c_is_supported(void);

/// Advances the register of a CRC-32C (not complemented) over the bytes. Only where it is supported.
uint32_t sluis_crc32c(uint32_t state, const uint8_t *bytes, size_t length);

#endif
