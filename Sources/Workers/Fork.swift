import Foundation

/// The process that first used this module.
private let firstProcess = getpid()

/// Whether this process can use threads. A process that was forked from one with Dispatch's threads has none of them, and
/// Dispatch would wait for them for ever.
package var hasThreads: Bool { getpid() == firstProcess }
