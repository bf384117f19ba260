import Catalog
import Images
import Samples

/// A self-contained HTML page, without scripts or external files.
package struct ReportPage {
  private let content: ReportContent

  package init(_ content: ReportContent) { self.content = content }

  /// - Throws: `ImageError` where an image cannot be encoded.
  package func html() throws(ImageError) -> String {
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(content.pipeline): \(percent(content.evaluation.accuracy.ofImages))</title>
      <link rel="icon" href="data:,"/>
      <style>
      \(HTML(stringLiteral: reportStyle))
      </style>
      </head>
      <body>
      <header>
      \(headline)
      </header>
      <main>
      \(try sections)
      </main>
      </body>
      </html>

      """
    return page.text
  }

  private var sections: [HTML] {
    get throws(ImageError) {
      [
        learning, confusion, try pairs, characters, positions, calibration, try gallery, sheet("Data", content.dataset),
        sheet("Model", content.model), runs, spec,
      ]
    }
  }

  private var headline: HTML {
    let accuracy = content.evaluation.accuracy
    let folded: HTML =
      accuracy.ofImagesCaseFolded > accuracy.ofImages
      ? "; <b>\(percent(accuracy.ofImagesCaseFolded))</b> with upper and lower case counted as equal" : ""
    return """
      <h1>\(content.pipeline)</h1>
      <p class="result"><strong>\(percent(accuracy.ofImages))</strong> image accuracy</p>
      <p>All characters are predicted correctly in \(accuracy.exact) of \(counted(accuracy.images, "image")) of the \
      \(content.evaluation.split.rawValue) split; 95 % interval \(percent(accuracy.interval.low)) to \
      \(percent(accuracy.interval.high))\(folded). Character accuracy: \(percent(accuracy.ofCharacters)).</p>
      """
  }

  private var learning: HTML {
    func line(_ name: String, _ value: (CurvePointRow) -> Double?) -> LineChart.Line {
      LineChart.Line(name: name, points: content.curve.map { (Double($0.images), value($0)) })
    }
    let accuracy = LineChart(
      title: "Image accuracy",
      lines: [line("training images", \.accuracy), line("validation images", \.validationAccuracy)],
      format: { percent($0, decimals: 0) })
    return """
      <section><h2>Training</h2>
      \(accuracy.html)
      \(LineChart(title: "Loss", lines: [line("loss", \.loss)], isLogarithmic: true).html)
      \(LineChart(title: "Learning rate", lines: [line("rate", \.learningRate)]).html)
      \(LineChart(title: "Images a second", lines: [line("speed", \.imagesPerSecond)]).html)
      \(learningTable)
      </section>
      """
  }

  /// About twenty points of the curve; only points with a validation, if there are any.
  private var learningTable: HTML {
    let validated = content.curve.filter { $0.validationAccuracy != nil }
    func text(_ number: Double?, _ format: (Double) -> String) -> String { number.map(format) ?? "" }
    return foldedTable(
      "Table",
      head: ["images", "loss", "training accuracy", "validation accuracy", "learning rate", "images a second"],
      rows: sampled(validated.isEmpty ? content.curve : validated, count: 20).map { point in
        [
          "\(point.images)", text(point.loss) { decimal($0, count: 4) }, text(point.accuracy) { percent($0) },
          text(point.validationAccuracy) { percent($0) }, decimal(point.learningRate, count: 6),
          text(point.imagesPerSecond) { decimal($0, count: 0) },
        ]
      })
  }

  private var confusion: HTML {
    let mistakes = content.confusion.filter { $0.truth != $0.predicted }.sorted { $0.count > $1.count }
    return """
      <section><h2>Confusion matrix</h2>
      \(HeatMap(characters: content.characters, cells: content.confusion).html)
      \(foldedTable(
        "Table", head: ["true", "predicted", "times", "of all true"],
        rows: mistakes.prefix(200).map { cell in
          [shown(cell.truth), shown(cell.predicted), "\(cell.count)", percent(cell.share)]
        }))
      </section>
      """
  }

  private var pairs: HTML {
    get throws(ImageError) {
      var items: [HTML] = []
      for pair in content.pairs {
        var figures: [HTML] = []
        for example in pair.examples { figures.append(try example.figure(withCandidates: false)) }
        items.append(
          """
          <h3><code>\(shown(pair.row.truth))</code> predicted as <code>\(shown(pair.row.predicted))</code>: \
          \(counted(pair.row.count, "time")), \(percent(pair.row.shareOfTruth)) of all \(shown(pair.row.truth))</h3>
          <div class="gallery">\(figures)</div>
          """)
      }
      return items.isEmpty ? "" : "<section><h2>Most frequent mistakes</h2>\n\(items)\n</section>"
    }
  }

  private var characters: HTML {
    let chart = IntervalChart(
      title: "Accuracy by character, lowest first",
      rows: content.characterAccuracy.map { (shown($0.name), $0.count, $0.correct) })
    return "<section><h2>Characters</h2>\n\(chart.html)\n\(chart.table)</section>"
  }

  private var positions: HTML {
    let chart = IntervalChart(
      title: "Accuracy by position, from the left",
      rows: content.positionAccuracy.map { ($0.name, $0.count, $0.correct) })
    return "<section><h2>Positions</h2>\n\(chart.html)\n\(chart.table)</section>"
  }

  private var calibration: HTML {
    """
    <section><h2>Calibration</h2>
    \(CalibrationChart(bins: content.calibration, error: content.calibrationError).html)
    </section>
    """
  }

  private var gallery: HTML {
    get throws(ImageError) {
      guard !content.mistakes.isEmpty else { return "" }
      var figures: [HTML] = []
      for mistake in content.mistakes { figures.append(try mistake.figure(withCandidates: true)) }
      return """
        <section><h2>Wrong predictions</h2>
        <p>\(figures.count) of \(content.evaluation.accuracy.images - content.evaluation.accuracy.exact), the highest \
        confidence first. Below each image are the likeliest characters of each position, in percent.</p>
        <div class="gallery">\(figures)</div>
        </section>
        """
    }
  }

  private func sheet(_ title: String, _ facts: [ReportContent.Fact]) -> HTML {
    "<section><h2>\(title)</h2>\n\(table(head: ["", ""], rows: facts.map { [$0.name, $0.value] }))\n</section>"
  }

  private var runs: HTML {
    """
    <section><h2>Machine and times</h2>
    \(table(
      head: ["command", "began (UTC)", "ended (UTC)", "outcome", "threads", "processor", "precision"],
      rows: content.runs.map { run in
        [
          run.command, run.startedAt, run.finishedAt ?? "", run.outcome, "\(run.threads)", run.cpu, run.precision ?? "",
        ]
      }))
    </section>
    """
  }

  private var spec: HTML { "<section><h2>Spec</h2>\n<pre>\(content.spec)</pre></section>" }
}

/// About `count` of the elements, evenly spaced, including the last.
private func sampled<Element>(_ elements: [Element], count: Int) -> [Element] {
  let step = max(1, elements.count / count)
  return elements.enumerated().filter { ($0.offset + 1) % step == 0 || $0.offset == elements.count - 1 }.map(\.element)
}
