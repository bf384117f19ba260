import Network
import Specs
import Testing

private func spec(_ change: (String) -> String = { $0 }) throws -> PipelineSpec {
  let yaml = """
    name: canonical
    captcha: {charset: "a\\"\\\\é", length: 4, font: "a=b"}
    datasets: {train: {count: 1000}, test: {count: 10}}
    """
  return try PipelineSpec(yaml: change(yaml), path: "x.yaml")
}

@Suite struct CanonicalTextTests {
  /// Results are stored under these texts: a change here makes everyone's results stale.
  @Test func theTextsStayAsTheyAre() throws {
    let spec = try spec()
    #expect(
      spec.captcha.canonicalText == """
        style="image-captcha"
        charset="a\\"\\\\é"
        length=4
        width=160
        height=60
        color="gray"
        font="a=b"
        image-captcha.font_sizes=[42, 50, 56]
        image-captcha.rotation=[-30.0, 30.0]
        image-captcha.warp_x=[0.1, 0.3]
        image-captcha.warp_y=[0.2, 0.3]
        image-captcha.offset_x=[0, 4]
        image-captcha.offset_y=[0, 6]
        image-captcha.space_probability=0.5
        image-captcha.overlap=0.25
        image-captcha.background_color=[238, 255]
        image-captcha.text_color=[10, 200]
        image-captcha.text_opacity=[220, 255]
        image-captcha.dot_count=30
        image-captcha.dot_width=3
        image-captcha.arc_count=1
        image-captcha.arc_start=[0, 20]
        image-captcha.arc_end=[160, 200]

        """)
    #expect(spec.shards.canonicalText == "records=8192\nblock=64\ncompression=1\n")
    #expect(spec.model.canonicalText == "name=\"glyphnet\"\n")
    #expect(
      spec.training.canonicalText == """
        batch=64
        candidates=1
        epochs=1
        optimizer="muon"
        learning_rate=0.006
        weight_decay=0.05
        schedule="one-cycle"
        warmup=0.15
        label_smoothing=0.0
        average=0.0
        distortion=0.0
        precision="auto"
        checkpoint_every=500

        """)
    #expect(spec.evaluation.canonicalText == "split=\"test\"\n")
  }

  /// Results of before there was the key stay good: it has a line only where it has another value than it had then.
  @Test func lanesHaveALineWhereTheyAreOthers() throws {
    func text(_ lanes: Int) throws -> String {
      try spec { $0 + "\ntraining: {lanes: \(lanes)}" }.training.canonicalText
    }
    #expect(try text(8) == spec().training.canonicalText)
    #expect(try text(32) == spec().training.canonicalText + "lanes=32\n")
    #expect(
      try specDifferences(from: text(8), to: text(32)).map(\.description) == ["lanes: nothing -> 32"])
  }

  @Test func theTextsOfOtherStylesStayAsTheyAre() throws {
    let wheezy = try spec {
      $0.replacing("length: 4", with: "length: 4, style: wheezy, wheezy: {text_color: \"#0a0B0c\"}")
    }
    #expect(
      wheezy.captcha.canonicalText.hasSuffix(
        """
        wheezy.font_sizes=[65, 70, 75]
        wheezy.warp_x=0.27
        wheezy.warp_y=0.21
        wheezy.rotation=[-25.0, 25.0]
        wheezy.offset_x=0.1
        wheezy.offset_y=0.2
        wheezy.squeeze_factor=0.8
        wheezy.background_color="#EEEECC"
        wheezy.text_color="#0A0B0C"
        wheezy.curve_count=1
        wheezy.curve_color="#5C87B2"
        wheezy.curve_width=4
        wheezy.curve_points=5
        wheezy.noise_count=50
        wheezy.noise_color="#EEEECC"
        wheezy.noise_level=2

        """))
    let plain = try spec { $0.replacing("length: 4", with: "length: 4, style: plain") }
    #expect(
      plain.captcha.canonicalText.hasSuffix(
        """
        plain.font_sizes=40
        plain.background_color="#FFFFFF"
        plain.text_color="#000000"

        """))
  }

  @Test func theTextIsTheSameHoweverTheFileIsWritten() throws {
    let other = try spec { yaml in
      "# a comment\n" + yaml.replacing("length: 4", with: "width: 160, length: 4").replacing("é", with: "e\u{301}")
    }
    #expect(Array(other.captcha.canonicalText.utf8) == Array(try spec().captcha.canonicalText.utf8))
  }

  @Test func aRangeOfOneNumberIsThatNumber() throws {
    let range = try spec { $0.replacing("length: 4", with: "length: 4, image-captcha: {offset_x: [2, 2]}") }
    let number = try spec { $0.replacing("length: 4", with: "length: 4, image-captcha: {offset_x: 2}") }
    #expect(range.captcha == number.captcha)
    #expect(range.captcha.canonicalText.contains("image-captcha.offset_x=2\n"))
  }

  @Test func skippingDamageMakesNothingStale() throws {
    let skipping = try spec { $0 + "\nshards: {on_corrupt: skip}" }
    #expect(skipping.shards.onCorrupt == .skip)
    #expect(try skipping.shards.canonicalText == spec().shards.canonicalText)
  }

  @Test func differencesAreFoundKeyByKey() throws {
    let before = try spec().captcha.canonicalText
    let after = try spec { $0.replacing("length: 4", with: "length: 5").replacing("a=b", with: "a=c") }.captcha
    let differences = specDifferences(from: before, to: after.canonicalText)
    #expect(differences.map(\.description) == ["length: 4 -> 5", "font: \"a=b\" -> \"a=c\""])
    #expect(specDifferences(from: before, to: before).isEmpty)
  }

  @Test func keysThatCameOrWentAreDifferences() {
    #expect(
      specDifferences(from: "a=1\nb=2\n", to: "c=3\na=1\n").map(\.description) == [
        "c: nothing -> 3", "b: 2 -> nothing",
      ])
  }
}
