import Files
import Foundation

/// An object that a C program holds by a pointer, from the function that opens it to the one that closes it.
class Handle {
  /// What it is, for messages.
  class var name: String { "object" }

  /// The process that opened it. A forked process has none of the threads that work for it, and its locks may be held by
  /// one of them.
  private let process = getpid()
  private let lock = NSLock()

  /// The pointer for the C program, which now owns the object.
  final var retainedPointer: OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

  /// Runs `body` while no other thread uses the object.
  /// - Throws: `InterfaceError` where another process opened it.
  final func use<Value>(_ body: () throws -> Value) throws -> Value {
    guard process == getpid() else {
      throw InterfaceError(
        "this \(Self.name) was opened before the process was forked; open it again in the new process")
    }
    return try lock.withLock(body)
  }

  /// Releases the C program's pointer. In a forked process nothing is freed, since that might wait for a thread that is
  /// not there.
  fileprivate static func release(_ pointer: OpaquePointer?) {
    guard let pointer else { return }
    let handle = Unmanaged<Self>.fromOpaque(UnsafeRawPointer(pointer))
    if handle.takeUnretainedValue().process == getpid() { handle.release() }
  }
}

extension OpaquePointer? {
  /// The object behind a C program's pointer.
  func object<Object: Handle>(_ type: Object.Type = Object.self) -> Object {
    guard let pointer = self else { preconditionFailure("a pointer to a \(Object.name) is NULL") }
    return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
  }

  /// Releases the object; nothing where the pointer is NULL.
  func close<Object: Handle>(_ type: Object.Type) { Object.release(self) }
}

/// A value that a C program holds by a pointer to a C struct, and frees.
/// - Precondition: `CValue` is the first stored property of `Owner`.
struct Owned<CValue, Owner> {
  static func pointer(to owner: Owner) -> UnsafeMutablePointer<CValue> {
    let pointer = UnsafeMutablePointer<Owner>.allocate(capacity: 1)
    pointer.initialize(to: owner)
    // SAFETY: a struct begins with its first property.
    return UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: CValue.self)
  }

  /// - Returns: The owner, whose memory is freed; nil where the pointer is NULL.
  static func take(_ pointer: UnsafeMutablePointer<CValue>?) -> Owner? {
    guard let pointer else { return nil }
    // SAFETY: `pointer(to:)` made it.
    let owner = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Owner.self)
    defer { owner.deallocate() }
    return owner.move()
  }
}

/// Strings of a C program, freed with this object.
// SAFETY: nothing changes after the initializer.
final class CStrings: @unchecked Sendable {
  /// [count]
  let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
  private let count: Int

  init(_ strings: [String?]) {
    count = strings.count
    pointers = .allocate(capacity: max(1, count))
    for (index, string) in strings.enumerated() {
      (pointers + index).initialize(to: string.map { UnsafePointer(strdup($0)) })
    }
  }

  deinit {
    for index in 0..<count { free(UnsafeMutablePointer(mutating: pointers[index])) }
    pointers.deallocate()
  }
}
