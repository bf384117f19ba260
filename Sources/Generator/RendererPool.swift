import Synchronization

/// Renderers of one style that are not in use. There come to be as many as threads draw at the same time.
// SAFETY: a renderer is in the list or with the one thread that took it out, and the list is locked.
final class RendererPool<Style: CaptchaStyle>: @unchecked Sendable {
  private let style: Style
  private let lock = Mutex<Void>(())
  private var idle: [Style.Renderer] = []

  init(of style: Style) { self.style = style }

  func withRenderer<Result>(_ body: (Style.Renderer) -> Result) -> Result {
    let renderer = lock.withLock { _ in idle.popLast() } ?? style.makeRenderer()
    defer { lock.withLock { _ in idle.append(renderer) } }
    return body(renderer)
  }
}
