import assert from "node:assert/strict"
import { test } from "node:test"
import type { Mount } from "../../container.ts"
import { isRuntimeError } from "../../errors.ts"
import { capabilitiesOfMask, resolveCapabilities } from "./capabilities.ts"
import { combineMounts, defaultMounts, rootPropagation, userMount } from "./mounts.ts"
import { processArgs, processEnv } from "./process.ts"
import { attainableOomScore, mergeResources, ociResources } from "./resources.ts"
import { defaultSeccompProfile } from "./seccomp.ts"

const image = {
  user: "",
  env: ["A=image", "B=image"],
  entrypoint: ["/entry"],
  cmd: ["default"],
  workingDir: "",
  stopSignal: "",
}

const argCases = [
  { name: "the image's entrypoint and command", command: [], args: [], is: ["/entry", "default"] },
  { name: "args replace the image's command", command: [], args: ["x"], is: ["/entry", "x"] },
  { name: "a command replaces both", command: ["/own"], args: [], is: ["/own"] },
  { name: "a command with args", command: ["/own"], args: ["x"], is: ["/own", "x"] },
] as const

for (const { name, is, ...config } of argCases) {
  test(`process: ${name}`, () => assert.deepEqual(processArgs(config, image), is))
}

test("process: nothing to run is refused", () => {
  const empty = { ...image, entrypoint: [], cmd: [] }
  assert.throws(
    () => processArgs({ command: [], args: [] }, empty),
    (error) => isRuntimeError(error, "InvalidArgument"),
  )
})

test("process: the container's environment wins over the image's, and the image's over ours", () => {
  const env = processEnv({ envs: [{ name: "A", value: "own" }], tty: false }, image, "host")
  assert.deepEqual(env.slice(1), ["HOSTNAME=host", "B=image", "A=own"])
})

const available = capabilitiesOfMask("3ffffffffff")
const capabilityCases = [
  { name: "drop wins over add of the same name", add: ["NET_ADMIN"], drop: ["NET_ADMIN", "ALL"], granted: [] },
  { name: "add follows drop of all", add: ["net_admin"], drop: ["ALL"], granted: ["CAP_NET_ADMIN"] },
  {
    name: "all but one",
    add: ["ALL"],
    drop: ["CAP_SYS_ADMIN"],
    granted: [...available].filter((name) => name !== "CAP_SYS_ADMIN"),
  },
] as const

for (const { name, add, drop, granted } of capabilityCases) {
  test(`capabilities: ${name}`, () => {
    const { capabilities } = resolveCapabilities({ privileged: false, add, drop, available })
    assert.deepEqual(capabilities.bounding, granted)
  })
}

test("capabilities: what this machine lacks is left out and named", () => {
  const fewer = new Set([...available].filter((name) => name !== "CAP_SYS_RESOURCE"))
  const { capabilities, missing } = resolveCapabilities({
    privileged: false,
    add: ["SYS_RESOURCE"],
    drop: ["ALL"],
    available: fewer,
  })
  assert.deepEqual([capabilities.effective, missing], [[], ["CAP_SYS_RESOURCE"]])
})

const oomCases = [
  { wanted: 500, own: 0, canLower: false, value: 500, warns: false },
  { wanted: -997, own: 0, canLower: true, value: -997, warns: false },
  { wanted: -997, own: 0, canLower: false, value: 0, warns: true },
  { wanted: undefined, own: 0, canLower: false, value: undefined, warns: false },
] as const

for (const { wanted, own, canLower, value, warns } of oomCases) {
  test(`oom_score_adj ${wanted} with ${canLower ? "" : "no "}CAP_SYS_RESOURCE is ${value}`, () => {
    const score = attainableOomScore(wanted, own, canLower)
    assert.deepEqual([score.value, score.warning !== null], [value, warns])
  })
}

test("resources: zeros are no limits, and an update leaves the rest", () => {
  const v2 = { cgroupMode: "v2", limitsHugePages: true } as const
  const zeros = { memoryLimitBytes: 0, cpuShares: 0, cpuQuota: -1, pidsLimit: -1 }
  assert.deepEqual(ociResources(zeros, v2), { cpu: { quota: -1 } })
  assert.deepEqual(mergeResources({ cpuShares: 2, memoryLimitBytes: 5 }, { cpuShares: 3, memoryLimitBytes: 0 }), {
    cpuShares: 3,
    memoryLimitBytes: 5,
  })
})

test("resources: huge pages are limited where something enforces it", () => {
  const resources = { hugepageLimits: [{ pageSize: "2MB", limitBytes: 0 }] }
  const limited = { hugepageLimits: [{ pageSize: "2MB", limit: 0 }] }
  assert.deepEqual(ociResources(resources, { cgroupMode: "v2", limitsHugePages: true }), limited)
  assert.deepEqual(ociResources(resources, { cgroupMode: "hybrid", limitsHugePages: false }), {})
})

const own = (containerPath: string, rest: Partial<Mount> = {}) =>
  userMount({ hostPath: "/h", source: "/h", containerPath, readonly: false, propagation: "PRIVATE", ...rest })

test("mounts: the container's own take the place of ours, parents first", () => {
  const files = { shm: "/shm", hostname: "/hostname", resolvConf: null }
  const mounts = combineMounts(defaultMounts(false, files, false), [own("/data/deep"), own("/dev/shm"), own("/data")])
  const paths = mounts.map(({ destination }) => destination)
  assert.equal(paths.filter((path) => path === "/dev/shm").length, 1)
  assert(paths.indexOf("/data") < paths.indexOf("/data/deep"))
  assert(!paths.includes("/etc/resolv.conf") && paths.includes("/etc/hostname"))
})

test("mounts: options follow access and propagation", () => {
  assert.deepEqual(own("/a", { readonly: true, recursiveReadOnly: true }).options, ["rbind", "rprivate", "rro"])
  assert.deepEqual(own("/a", { propagation: "BIDIRECTIONAL" }).options, ["rbind", "rshared", "rw"])
  assert.throws(
    () => own("/a", { recursiveReadOnly: true }),
    (error) => isRuntimeError(error, "InvalidArgument"),
  )
  const slave = { hostPath: "/h", containerPath: "/a", readonly: false, propagation: "HOST_TO_CONTAINER" } as const
  assert.deepEqual([rootPropagation([]), rootPropagation([slave])], ["rprivate", "rslave"])
})

test("seccomp: what a capability allows is in the profile only with it", () => {
  const names = (capabilities: string[]) => defaultSeccompProfile("x64", capabilities)?.syscalls[0]?.names ?? []
  assert(!names([]).includes("mount") && names(["CAP_SYS_ADMIN"]).includes("mount"))
  assert.equal(defaultSeccompProfile("unheard-of", []), null)
})
