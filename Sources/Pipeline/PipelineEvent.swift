/// What a pipeline reports while it works.
package enum PipelineEvent: Sendable {
  /// A stage begins; `reason` says why it is needed.
  case started(stage: String, reason: String)
  /// A stage is up to date.
  case skipped(stage: String, reason: String)
  /// The progress of a stage; `detail` is further text, such as the loss.
  case progress(stage: String, done: Int, total: Int, unit: String, detail: String)
  /// A stage is done.
  case finished(stage: String, summary: String)
  /// Something a person should know.
  case note(String)
}
