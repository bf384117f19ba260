import Catalog
import Images
import Samples

extension ReportPage {
  /// The page as HTML: self-contained, without scripts or external files.
  /// - Throws: `ImageError` where an image cannot be encoded.
  package func html() throws(ImageError) -> String {
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(pipeline): \(percent(evaluation.accuracy.ofImages))</title>
      <link rel="icon" href="data:,"/>
      <style>
      \(HTML(stringLiteral: String(decoding: PackageResources.report_css, as: UTF8.self)))
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
        learningSection, confusionSection, try pairsSection,
        accuracySection("Characters", "Accuracy by character, lowest first", characterAccuracy),
        accuracySection("Positions", "Accuracy by position, from the left", positionAccuracy), calibrationSection,
        try mistakesSection, factsSection("Data", dataset), factsSection("Model", model), runsSection, specSection,
      ]
    }
  }

  private var headline: HTML {
    let accuracy = evaluation.accuracy
    let folded: HTML =
      accuracy.ofImagesCaseFolded > accuracy.ofImages
      ? "; <b>\(percent(accuracy.ofImagesCaseFolded))</b> with upper and lower case counted as equal" : ""
    return """
      <h1>\(pipeline)</h1>
      <p class="result"><strong>\(percent(accuracy.ofImages))</strong> image accuracy</p>
      <p>All characters are predicted correctly in \(accuracy.exact) of \(counted(accuracy.images, "image")) of the \
      \(evaluation.split.rawValue) split; 95 % interval \(percent(accuracy.interval.low)) to \
      \(percent(accuracy.interval.high))\(folded). Character accuracy: \(percent(accuracy.ofCharacters)).</p>
      """
  }

  private var learningSection: HTML {
    func line(_ name: String, _ value: (CurvePointRow) -> Double?) -> LineChart.Line {
      LineChart.Line(name: name, points: curve.map { (Double($0.images), value($0)) })
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
    let validated = curve.filter { $0.validationAccuracy != nil }
    func text(_ number: Double?, _ format: (Double) -> String) -> String { number.map(format) ?? "" }
    return foldedTable(
      head: ["images", "loss", "training accuracy", "validation accuracy", "learning rate", "images a second"],
      rows: sampled(validated.isEmpty ? curve : validated, count: 20).map { point in
        [
          "\(point.images)", text(point.loss) { decimal($0, count: 4) }, text(point.accuracy) { percent($0) },
          text(point.validationAccuracy) { percent($0) }, decimal(point.learningRate, count: 6),
          text(point.imagesPerSecond) { decimal($0, count: 0) },
        ]
      })
  }

  private var confusionSection: HTML {
    let mistakes = confusion.filter { $0.truth != $0.predicted }.sorted { $0.count > $1.count }
    return """
      <section><h2>Confusion matrix</h2>
      \(HeatMap(characters: characters, cells: confusion).html)
      \(foldedTable(
        head: ["true", "predicted", "times", "of all true"],
        rows: mistakes.prefix(200).map { cell in
          [shown(cell.truth), shown(cell.predicted), "\(cell.count)", percent(cell.share)]
        }))
      </section>
      """
  }

  private var pairsSection: HTML {
    get throws(ImageError) {
      var items: [HTML] = []
      for (row, examples) in pairs {
        items.append(
          """
          <h3><code>\(shown(row.truth))</code> predicted as <code>\(shown(row.predicted))</code>: \
          \(counted(row.count, "time")), \(percent(row.shareOfTruth)) of all \(shown(row.truth))</h3>
          \(try gallery(of: examples, withCandidates: false))
          """)
      }
      return items.isEmpty ? "" : "<section><h2>Most frequent mistakes</h2>\n\(items)\n</section>"
    }
  }

  private func accuracySection(_ title: String, _ chartTitle: String, _ rows: [TallyRow]) -> HTML {
    "<section><h2>\(title)</h2>\n\(IntervalChart(title: chartTitle, rows: rows).html)</section>"
  }

  private var calibrationSection: HTML {
    """
    <section><h2>Calibration</h2>
    \(CalibrationChart(bins: calibration, error: calibrationError).html)
    </section>
    """
  }

  private var mistakesSection: HTML {
    get throws(ImageError) {
      guard !mistakes.isEmpty else { return "" }
      return """
        <section><h2>Wrong predictions</h2>
        <p>\(mistakes.count) of \(evaluation.accuracy.images - evaluation.accuracy.exact), the highest \
        confidence first. Below each image are the likeliest characters of each position, in percent.</p>
        \(try gallery(of: mistakes, withCandidates: true))
        </section>
        """
    }
  }

  private func gallery(of examples: [Example], withCandidates: Bool) throws(ImageError) -> HTML {
    var figures: [HTML] = []
    for example in examples { figures.append(try example.figure(withCandidates: withCandidates)) }
    return "<div class=\"gallery\">\(figures)</div>"
  }

  private func factsSection(_ title: String, _ facts: [Fact]) -> HTML {
    "<section><h2>\(title)</h2>\n\(table(head: ["", ""], rows: facts.map { [$0.name, $0.value] }))\n</section>"
  }

  private var runsSection: HTML {
    """
    <section><h2>Machine and times</h2>
    \(table(
      head: ["command", "began (UTC)", "ended (UTC)", "outcome", "threads", "processor", "precision"],
      rows: runs.map { run in
        [
          run.command, run.startedAt, run.finishedAt ?? "", run.outcome, "\(run.threads)", run.cpu, run.precision ?? "",
        ]
      }))
    </section>
    """
  }

  private var specSection: HTML { "<section><h2>Spec</h2>\n<pre>\(spec)</pre></section>" }
}

/// About `count` of the elements, evenly spaced, including the last.
private func sampled<Element>(_ elements: [Element], count: Int) -> [Element] {
  let step = max(1, elements.count / count)
  return elements.enumerated().filter { ($0.offset + 1) % step == 0 || $0.offset == elements.count - 1 }.map(\.element)
}
