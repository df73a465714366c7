import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import type { VolumeInput } from "./testing.ts"
import { podOf, skip, VolumeStage } from "./testing.ts"
import { VolumesError } from "./volumes.ts"

const stage = new VolumeStage()
after(() => stage.remove())

const failures: { name: string; volume: VolumeInput; message: string; event?: string }[] = [
  {
    name: "a missing config map",
    volume: { name: "v", configMap: { name: "none" } },
    message: 'MountVolume.SetUp failed for volume "v" : configmap "none" not found',
  },
  {
    name: "a missing secret",
    volume: { name: "v", secret: { secretName: "none" } },
    message: 'MountVolume.SetUp failed for volume "v" : secret "none" not found',
  },
  {
    name: "a missing key",
    volume: { name: "v", configMap: { name: "some", items: [{ key: "nope", path: "p" }] } },
    message: 'MountVolume.SetUp failed for volume "v" : configmap references non-existent config key: nope',
  },
  {
    name: "two failed projections",
    volume: { name: "v", projected: { sources: [{ secret: { name: "a" } }, { configMap: { name: "b" } }] } },
    message: 'MountVolume.SetUp failed for volume "v" : [secret "a" not found, configmap "b" not found]',
  },
  {
    name: "a path that leads out",
    volume: { name: "v", configMap: { name: "some", items: [{ key: "k", path: "../../x" }] } },
    message: `MountVolume.SetUp failed for volume "v" : invalid path: must not contain '..': ../../x`,
  },
  {
    name: "a trust bundle",
    volume: { name: "v", projected: { sources: [{ clusterTrustBundle: { name: "t", path: "p" } }] } },
    message: 'MountVolume.SetUp failed for volume "v" : ClusterTrustBundle projection is not supported by this node',
  },
  {
    name: "a host path of another type",
    volume: { name: "v", hostPath: { path: "/etc", type: "File" } },
    message: 'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /etc is not a file',
  },
  {
    name: "a host path that is not there",
    volume: { name: "v", hostPath: { path: "/nowhere/at/all", type: "Socket" } },
    message:
      'MountVolume.SetUp failed for volume "v" : hostPath type check failed: /nowhere/at/all is not a socket file',
  },
  {
    name: "a medium that does not exist",
    volume: { name: "v", emptyDir: { medium: "Tape" } },
    message: 'MountVolume.SetUp failed for volume "v" : unknown storage medium "Tape"',
  },
  {
    name: "huge pages nobody asks for",
    volume: { name: "v", emptyDir: { medium: "HugePages" } },
    message:
      'MountVolume.SetUp failed for volume "v" : medium HugePages: hugePages storage requested, but there is no resource request for huge pages',
  },
  {
    name: "a type that this node has not",
    volume: { name: "v", rbd: { monitors: ["m"], image: "i" } },
    message:
      'failed to get Plugin from volumeSpec for volume "v" err=no volume plugin matched: this node has no rbd volumes; use a CSI driver',
    event:
      'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: failed to get Plugin from volumeSpec for volume "v" err=no volume plugin matched: this node has no rbd volumes; use a CSI driver',
  },
]

for (const { name, volume, message, event = message } of failures) {
  test(`FailedMount: ${name}`, { skip }, async () => {
    stage.setConfigMap("some", { k: "v" })
    const events: string[] = []
    const volumes = stage.open("failing", events)
    await assert.rejects(volumes.setUp(podOf("failing", [volume])), (error: unknown) => {
      assert(error instanceof VolumesError)
      assert.deepEqual(
        error.failures.map((failure) => failure.message),
        [message],
      )
      return true
    })
    assert.deepEqual(events, [`Warning FailedMount ${event}`])
  })
}

test("an emptyDir belongs to the group, keeps its content over restarts, and goes with the pod", { skip }, async () => {
  const volumes = stage.open("empty")
  const pod = podOf("empty", [{ name: "v", emptyDir: {} }], { securityContext: { fsGroup: 4321 } })
  await volumes.setUp(pod)
  const folder = stage.pathOf("empty", "empty-dir", "v")
  assert.deepEqual([statSync(folder).gid, statSync(folder).mode & 0o7777], [4321, 0o2777])
  writeFileSync(join(folder, "file"), "kept", { mode: 0o600 })
  await stage.open("empty").setUp(pod)
  assert.equal(readFileSync(join(folder, "file"), "utf8"), "kept")
  assert.equal(statSync(join(folder, "file")).mode & 0o777, 0o600)
  const [usage] = await volumes.usage(pod)
  assert.equal(usage?.inodesUsed, 2)
  await volumes.tearDown("empty")
  assert.equal(volumes.hasVolumes("empty"), false)
})

test("a memory emptyDir is a tmpfs of the least limit, and orphans of a killed agent are unmounted", {
  skip,
}, async () => {
  const orphanDir = mkdtempSync(join(tmpdir(), "gantry-volumes-orphan-"))
  const host = mkdtempSync(join(tmpdir(), "gantry-volumes-host-"))
  writeFileSync(join(host, "precious"), "p")
  const pod = podOf(
    "memory",
    [
      { name: "v", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      { name: "h", hostPath: { path: host } },
    ],
    {},
    [
      { name: "v", mountPath: "/v", subPath: "a/b" },
      { name: "h", mountPath: "/h", subPath: "." },
    ],
  )
  const volumes = stage.open("memory", [], orphanDir)
  await volumes.setUp(pod)
  const [container] = pod.spec.containers
  assert(container !== undefined)
  await volumes.containerMounts(pod, container, { env: [], recursiveReadOnlyMounts: false })
  const mounts = () => readMountTable().filter(({ mountPoint }) => mountPoint.startsWith(orphanDir))
  const tmpfs = mounts().find(({ mountPoint }) => mountPoint.endsWith("/v"))
  assert(tmpfs?.superOptions.includes("size=1024k"))
  assert.equal(mounts().length, 3)
  assert.equal((await volumes.usage(pod)).find(({ name }) => name === "v")?.inMemory, true)

  const afterKill = stage.open("memory", [], orphanDir)
  assert.deepEqual(await afterKill.removeOrphans(new Set(["memory"])), [])
  assert.deepEqual(await afterKill.removeOrphans(new Set()), ["memory"])
  assert.equal(mounts().length, 0)
  assert.deepEqual(readdirSync(join(orphanDir, "pods")), [])
  assert.equal(readFileSync(join(host, "precious"), "utf8"), "p")
  for (const folder of [orphanDir, host]) rmSync(folder, { recursive: true })
})

test("what must not reach a disk is on a tmpfs of its own, and what was written before stays where it is", {
  skip,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), "gantry-volumes-memory-"))
  const items = [{ path: "name", fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } }]
  const down: VolumeInput = { name: "v", downwardAPI: { items } }
  const config: VolumeInput = { name: "c", configMap: { name: "some" } }
  const before = stage.open("before", [], dir)
  await before.setUp(podOf("before", [down]))
  stage.secretsInMemory = true
  const volumes = stage.open("after", [], dir)
  stage.secretsInMemory = false
  await volumes.setUp(podOf("before", [down]))
  const pod = podOf("after", [down, config])
  await volumes.setUp(pod)
  await volumes.setUp(pod)
  const folder = join(dir, "pods", "after", "volumes", "kubernetes.io~downward-api", "v")
  const mounts = () => readMountTable().filter(({ mountPoint }) => mountPoint.startsWith(dir))
  assert.deepEqual(
    mounts().map(({ mountPoint, type }) => [mountPoint, type]),
    [[folder, "tmpfs"]],
  )
  assert.equal(readFileSync(join(folder, "name"), "utf8"), "web")
  const used = [...(await volumes.usage(podOf("before", [down]))), ...(await volumes.usage(pod))]
  assert.deepEqual(
    used.map(({ inMemory, name }) => [name, inMemory]),
    [
      ["v", false],
      ["v", true],
      ["c", false],
    ],
  )
  for (const uid of ["before", "after"]) await volumes.tearDown(uid)
  assert.deepEqual(mounts(), [])
  rmSync(dir, { recursive: true })
})

test("host paths are made where the type says so", { skip }, async () => {
  const at = join(stage.dir, "host")
  const volumes = stage.open("host")
  await volumes.setUp(podOf("host", [{ name: "d", hostPath: { path: join(at, "x/y"), type: "DirectoryOrCreate" } }]))
  await volumes.setUp(podOf("host", [{ name: "f", hostPath: { path: join(at, "f"), type: "FileOrCreate" } }]))
  const server = createServer().listen(join(at, "s"))
  await volumes.setUp(podOf("host", [{ name: "s", hostPath: { path: join(at, "s"), type: "Socket" } }]))
  await volumes.setUp(podOf("host", [{ name: "c", hostPath: { path: "/dev/null", type: "CharDevice" } }]))
  server.close()
  assert(statSync(join(at, "x/y")).isDirectory() && statSync(join(at, "f")).isFile())
})
