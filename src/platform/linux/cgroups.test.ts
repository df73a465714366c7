import assert from "node:assert/strict"
import { test } from "node:test"
import { detectCgroups, parseCgroups } from "./cgroups.ts"
import { parseMountInfo } from "./mount-table.ts"

const cases = [
  {
    name: "v2",
    mounts: "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate",
    files: { ownGroups: "0::/system.slice/gantry.service\n", unifiedControllers: "cpuset cpu io memory pids\n" },
    mode: "v2",
    controllers: ["cpuset", "cpu", "io", "memory", "pids"].map((name) => [name, "/sys/fs/cgroup"]),
    own: [["/sys/fs/cgroup", "/system.slice/gantry.service"]],
  },
  {
    name: "hybrid, some controllers in the v2 tree",
    mounts: `31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`,
    files: { ownGroups: "2:cpu,cpuacct:/a\n1:name=systemd:/b:c\n0::/d\n", unifiedControllers: "hugetlb\n" },
    mode: "hybrid",
    controllers: [
      ["cpu", "/sys/fs/cgroup/cpu,cpuacct"],
      ["cpuacct", "/sys/fs/cgroup/cpu,cpuacct"],
      ["name=systemd", "/sys/fs/cgroup/systemd"],
      ["hugetlb", "/sys/fs/cgroup/unified"],
    ],
    own: [
      ["/sys/fs/cgroup/cpu,cpuacct", "/a"],
      ["/sys/fs/cgroup/systemd", "/b:c"],
      ["/sys/fs/cgroup/unified", "/d"],
    ],
  },
  {
    name: "v1",
    mounts: "32 31 0:29 / /cg/memory rw - cgroup cgroup rw,memory",
    files: { ownGroups: "1:memory:/\n", unifiedControllers: "" },
    mode: "v1",
    controllers: [["memory", "/cg/memory"]],
    own: [["/cg/memory", "/"]],
  },
  {
    name: "none",
    mounts: "",
    files: { ownGroups: "0::/\n", unifiedControllers: "" },
    mode: "none",
    controllers: [],
    own: [],
  },
]

for (const { name, mounts, files, mode, controllers, own } of cases) {
  test(`control groups: ${name}`, () => {
    const found = parseCgroups(parseMountInfo(mounts), files)
    assert.equal(found.mode, mode)
    assert.deepEqual([...found.controllers], controllers)
    assert.deepEqual([...found.own], own)
  })
}

test("this machine's control groups can be read", () => {
  assert(["v1", "hybrid", "v2", "none"].includes(detectCgroups().mode))
})
