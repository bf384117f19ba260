import Foundation
import Synchronization

/// Idle renderers of one style, as many as threads draw at the same time. A thread gets back the one it used last,
/// whose buffers are in its core's cache.
// SAFETY: a renderer is in the list or with the one thread that took it out, and the list is locked.
final class RendererPool<Renderer: CaptchaRenderer>: @unchecked Sendable {
  private let atlas: GlyphAtlas
  private let lock = Mutex<Void>(())
  private var idle: [(renderer: Renderer, lastThread: pthread_t)] = []

  init(atlas: GlyphAtlas) { self.atlas = atlas }

  func withRenderer<Result>(_ body: (Renderer) -> Result) -> Result {
    let thread = pthread_self()
    let renderer = lock.withLock { _ in take(for: thread) } ?? Renderer(atlas: atlas)
    defer { lock.withLock { _ in idle.append((renderer, thread)) } }
    return body(renderer)
  }

  private func take(for thread: pthread_t) -> Renderer? {
    if let own = idle.lastIndex(where: { $0.lastThread == thread }) { return idle.remove(at: own).renderer }
    return idle.popLast()?.renderer
  }
}
