#pragma once

/// Counts allocations of this thread from the heap, frees left aside.
void allocation_counter_start(void);

/// Stops counting.
/// Returns how many allocations there were since the start.
long allocation_counter_stop(void);
