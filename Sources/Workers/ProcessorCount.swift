import Foundation

/// The CPUs that this process may keep busy at a time, at least 1: those of its affinity mask (`taskset`, cpusets), or
/// fewer where a control group limits its CPU time (containers, batch systems). A quota of 1.5 CPUs counts as 2.
package func usableProcessorCount() -> Int {
  let quota = processorQuota().map { Int($0.rounded(.up)) } ?? .max
  return max(1, min(affinityCount() ?? ProcessInfo.processInfo.activeProcessorCount, quota))
}

private func affinityCount() -> Int? { affinityMask().map { $0.reduce(0) { $0 + $1.nonzeroBitCount } } }

/// The CPUs that this process may run on, as bits (`sched_getaffinity(2)`); nil where the system does not tell.
package func affinityMask() -> [UInt64]? {
  // glibc declares it for C programs with GNU extensions only, which Swift's import is not.
  guard let symbol = dlsym(nil, "sched_getaffinity") else { return nil }
  // SAFETY: the type of the C function: pid_t, size_t, cpu_set_t *, to int.
  let getAffinity = unsafeBitCast(
    symbol, to: (@convention(c) (Int32, Int, UnsafeMutableRawPointer) -> Int32).self)
  // Of 65,536 CPUs. The kernel refuses a mask with less room than its own.
  var mask = [UInt64](repeating: 0, count: 1024)
  let result = mask.withUnsafeMutableBytes { bytes in
    bytes.baseAddress.map { getAffinity(0, bytes.count, $0) }
  }
  return result == 0 ? mask : nil
}

/// The CPU time that this process's control groups allow, in CPUs; nil where nothing limits it. A limit of any group
/// above holds as well. (https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files, and for version 1
/// https://docs.kernel.org/scheduler/sched-bwc.html)
/// - Parameter root: The folder that stands for "/".
package func processorQuota(root: String = "") -> Double? {
  guard let groups = try? String(contentsOfFile: root + "/proc/self/cgroup", encoding: .utf8) else { return nil }
  // Each line is HIERARCHY:CONTROLLERS:PATH; version 2 has no controllers.
  let limits = groups.split(separator: "\n").flatMap { line -> [Double] in
    let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return [] }
    let folders: [String] =
      if parts[1].isEmpty {
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
      } else if parts[1].split(separator: ",").contains("cpu") {
        ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/\(parts[1])"]
      } else {
        []
      }
    return folders.flatMap { limitsOfGroups(from: parts[2], in: root + $0) }
  }
  return limits.min()
}

/// The limits of a control group and those above it. In a container, the path may be the host's. Then only the last
/// of its groups is visible, as the root.
private func limitsOfGroups(from path: Substring, in root: String) -> [Double] {
  var names = path.split(separator: "/")
  var limits: [Double] = []
  while true {
    let folder = ([root] + names.map(String.init)).joined(separator: "/")
    func words(_ file: String) -> [Double?] {
      let text = (try? String(contentsOfFile: folder + "/" + file, encoding: .utf8)) ?? ""
      return text.split { $0 == " " || $0 == "\n" }.map { Double($0) }
    }
    // "max" and -1 stand for no limit.
    for values in [words("cpu.max"), words("cpu.cfs_quota_us") + words("cpu.cfs_period_us")] where values.count == 2 {
      if let quota = values[0], let period = values[1], quota > 0, period > 0 { limits.append(quota / period) }
    }
    if names.isEmpty { return limits }
    names.removeLast()
  }
}
