import assert from "node:assert/strict"
import { chmodSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, test } from "node:test"
import { nestedMountPoints } from "./nested-mount-points.ts"
import { podOf, skip, VolumeStage } from "./testing.ts"

const noOptions = { env: [], recursiveReadOnlyMounts: false }
const stage = new VolumeStage()
after(() => stage.remove())

test("sub paths stay inside their volume", { skip }, async () => {
  const host = join(stage.dir, "shared")
  mkdirSync(join(host, "in"), { recursive: true })
  chmodSync(host, 0o2770)
  symlinkSync("/etc", join(host, "out"))
  symlinkSync("in", join(host, "link"))
  writeFileSync(join(host, "in", "file"), "inside")
  const volumes = stage.open("sub")
  const mount = async (subPath: string, env: { name: string; value: string }[] = [], expr = false) => {
    const volumeMount = { name: "h", mountPath: "/m", ...(expr ? { subPathExpr: subPath } : { subPath }) }
    const pod = podOf("sub", [{ name: "h", hostPath: { path: host } }], {}, [volumeMount])
    await volumes.setUp(pod)
    const [container] = pod.spec.containers
    assert(container !== undefined)
    const [made] = await volumes.containerMounts(pod, container, { ...noOptions, env })
    return made?.hostPath ?? ""
  }
  assert.equal(readFileSync(await mount("in/file"), "utf8"), "inside")
  assert.equal(readFileSync(join(await mount("link"), "file"), "utf8"), "inside")
  assert.equal(lstatSync(await mount("$(NAME)/deeper", [{ name: "NAME", value: "new" }], true)).mode & 0o7777, 0o2770)
  await assert.rejects(mount("out/passwd"), {
    message: 'failed to prepare subPath for volumeMount "h" of container "c"',
  })
  await assert.rejects(mount("a/../../b"), {
    message: "unable to provision SubPath `a/../../b`: must not contain '..'",
  })
  await assert.rejects(mount("/etc"), { message: "error SubPath `/etc` must not be an absolute path" })
  await assert.rejects(mount("$(NONE)", [], true), { message: "missing value for NONE" })
})

test("mounts carry read-only, propagation and images", { skip }, async () => {
  stage.setConfigMap("some", { k: "v" })
  const volumes = stage.open("mounts")
  const pod = podOf(
    "mounts",
    [
      { name: "c", configMap: { name: "some" } },
      { name: "h", hostPath: { path: "/srv" } },
      { name: "i", image: { reference: "data:1" } },
    ],
    {},
    [
      { name: "c", mountPath: "/c" },
      { name: "h", mountPath: "/h", mountPropagation: "HostToContainer" },
      { name: "i", mountPath: "/i", subPath: "etc" },
      { name: "h", mountPath: "/r", readOnly: true, recursiveReadOnly: "Enabled" },
    ],
  )
  await volumes.setUp(pod)
  const [container] = pod.spec.containers
  assert(container !== undefined)
  const made = await volumes.containerMounts(pod, container, { env: [], recursiveReadOnlyMounts: true })
  const propagation = "PRIVATE"
  const plain = { propagation, recursiveReadOnly: false }
  const image = { image: "data:1", userSpecifiedImage: "data:1" }
  assert.deepEqual(made, [
    { ...plain, containerPath: "/c", hostPath: stage.pathOf("mounts", "configmap", "c"), readonly: true },
    { ...plain, containerPath: "/h", hostPath: "/srv", readonly: false, propagation: "HOST_TO_CONTAINER" },
    { ...plain, containerPath: "/i", hostPath: "", readonly: true, image, imageSubPath: "etc" },
    { containerPath: "/r", hostPath: "/srv", readonly: true, propagation, recursiveReadOnly: true },
  ])
  await assert.rejects(volumes.containerMounts(pod, container, noOptions), {
    message:
      'failed to resolve recursive read-only mode: volume "h" requested recursive read-only mode, but it is not supported by the runtime',
  })
})

test("a pod that mounts the machine's logs sees its node's pod logs there", { skip }, async () => {
  const logDir = join(stage.dir, "log", "pods")
  const volumes = stage.open("logs", [], undefined, logDir)
  const at = (mountPath: string, name = "log") => ({ name, mountPath, readOnly: true })
  const all = [
    { name: "log", hostPath: { path: "/var/log" } },
    { name: "links", hostPath: { path: "/var/log/containers/" } },
    { name: "own", emptyDir: {} },
  ]
  const pod = podOf("logs", all, {}, [at("/var/log"), at("/links", "links"), at("/var/log/pods", "own")])
  await volumes.setUp(pod)
  const [container] = pod.spec.containers
  assert(container !== undefined)
  const made = await volumes.containerMounts(pod, container, noOptions)
  const links = join(stage.dir, "log", "containers")
  assert.deepEqual(
    made.map(({ containerPath, hostPath, readonly }) => [containerPath, hostPath, readonly]),
    [
      ["/var/log", "/var/log", true],
      ["/var/log/containers", links, true],
      ["/links", links, true],
      ["/var/log/pods", stage.pathOf("logs", "empty-dir", "own"), true],
    ],
  )
})

const nested = [
  { name: "nothing below", mounts: ["v /a", "w /b"], made: [] },
  { name: "another volume below", mounts: ["v /a", "w /a/x/y"], made: ["x/y"] },
  { name: "only the outermost", mounts: ["v /a", "w /a/x", "w /a/x/y", "w /a/x-y"], made: ["x", "x-y"] },
  { name: "not what only begins alike", mounts: ["v /a", "w /ab"], made: [] },
]
for (const { name, mounts, made } of nested) {
  test(`mount points in a read-only volume: ${name}`, () => {
    const volumeMounts = mounts.map((text) => {
      const [volume = "", mountPath = ""] = text.split(" ")
      return { name: volume, mountPath, readOnly: false }
    })
    assert.deepEqual(nestedMountPoints(podOf("nested", [], {}, volumeMounts), "v"), made)
  })
}
