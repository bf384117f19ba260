import Foundation
import Testing
import Workers

@Suite struct ProcessorCountTests {
  /// Files of a machine, below a folder that stands for "/".
  private final class Root {
    let path = FileManager.default.temporaryDirectory.appending(path: "glyphline-\(UUID())").path()

    init(_ files: [String: String]) throws {
      for (file, content) in files {
        let url = URL(filePath: path + file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content.utf8).write(to: url)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private func quota(_ files: [String: String]) throws -> Double? {
    let root = try Root(files)
    return withExtendedLifetime(root) { processorQuota(root: root.path) }
  }

  @Test func oneCPUIsTheLeast() { #expect(usableProcessorCount() >= 1) }

  @Test func noGroupLimitsNothing() throws {
    #expect(try quota([:]) == nil)
    #expect(try quota(["/proc/self/cgroup": "0::/\n"]) == nil)
    #expect(try quota(["/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/cpu.max": "max 100000\n"]) == nil)
    #expect(try quota(["/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/cpu.max": "nonsense\n"]) == nil)
    let first = ["/proc/self/cgroup": "3:cpu:/a\n", "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "-1\n"]
    #expect(try quota(first.merging(["/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n"]) { $1 }) == nil)
  }

  @Test func theLowestLimitOfAllGroupsCounts() throws {
    let files = [
      "/proc/self/cgroup": "0::/user.slice/job\n", "/sys/fs/cgroup/user.slice/job/cpu.max": "400000 100000\n",
      "/sys/fs/cgroup/user.slice/cpu.max": "150000 100000\n",
    ]
    #expect(try quota(files) == 1.5)
  }

  /// A container sees its own group as the root.
  @Test func aContainersLimitIsFound() throws {
    #expect(try quota(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "50000 100000\n"]) == 0.5)
    let files = [
      "/proc/self/cgroup": "5:memory:/docker/1\n4:cpu,cpuacct:/docker/1\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "300000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ]
    #expect(try quota(files) == 3)
  }
}
