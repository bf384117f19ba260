#pragma once

// Nothing to call: a program that depends on this target first checks that the CPU can run its instruction sets.

/// The exit code of a program whose CPU lacks one: `EX_CONFIG` of sysexits.h.
enum { instruction_set_missing = 78 };
