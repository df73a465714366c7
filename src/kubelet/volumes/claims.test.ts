import assert from "node:assert/strict"
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { unmount } from "../../platform/linux/mount.ts"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import type { VolumeInput, VolumeSpecInput } from "./testing.ts"
import { podOf, skip, VolumeStage } from "./testing.ts"

const stage = new VolumeStage()
const disk = mkdtempSync(join(tmpdir(), "gantry-local-"))
after(async () => {
  await stage.remove()
  rmSync(disk, { recursive: true })
})

const claimed: VolumeInput = { name: "v", persistentVolumeClaim: { claimName: "data" } }
const local = (path = disk): VolumeSpecInput => ({ local: { path } })
const on = (node: string): VolumeSpecInput => {
  const matchExpressions = [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }]
  return { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } }
}
const summary = (text: string) =>
  `Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: ${text}`

const failures: {
  name: string
  claim?: Parameters<VolumeStage["setClaim"]>
  volume?: VolumeInput
  pod?: Partial<Pod["spec"]>
  event: string
}[] = [
  {
    name: "no claim",
    volume: { name: "v", persistentVolumeClaim: { claimName: "none" } },
    event: `FailedMount ${summary('error processing PVC default/none: failed to fetch PVC from API server: persistentvolumeclaims "none" not found')}`,
  },
  {
    name: "a claim that is not bound",
    claim: ["data", local(), { status: { phase: "Pending" } }],
    event: `FailedMount ${summary("error processing PVC default/data: PVC is not bound")}`,
  },
  {
    name: "a claim that goes",
    claim: [
      "data",
      local(),
      { metadata: { name: "data", namespace: "default", deletionTimestamp: "2026-01-01T00:00:00Z" } },
    ],
    event: `FailedMount ${summary("error processing PVC default/data: PVC is being deleted")}`,
  },
  {
    name: "a volume of another claim",
    claim: ["data", { ...local(), claimRef: { uid: "other" } }],
    event: `FailedMount ${summary("error processing PVC default/data: found PV object pv-data but its pv.Spec.ClaimRef.UID other does not point to claim.UID uid-data")}`,
  },
  {
    name: "a claim of another pod",
    claim: ["web-v", local()],
    volume: { name: "v", ephemeral: {} },
    event: `FailedMount ${summary("PVC default/web-v was not created for pod default/web (pod is not owner)")}`,
  },
  {
    name: "a device that is to be mounted",
    claim: ["data", { ...local(), volumeMode: "Block" }],
    event: `FailedMount ${summary("volume v has volumeMode Block, but is specified in volumeMounts")}`,
  },
  {
    name: "a volume of another node",
    claim: ["data", { ...local(), ...on("node-2") }],
    event: 'FailedMount MountVolume.NodeAffinity check failed for volume "pv-data" : no matching NodeSelectorTerms',
  },
  {
    name: "a folder that is not there",
    claim: ["data", local("/nowhere/at/all")],
    event:
      'FailedMount MountVolume.NewMounter initialization failed for volume "pv-data" : path "/nowhere/at/all" does not exist',
  },
  {
    name: "mount options of a host path",
    claim: ["data", { hostPath: { path: disk }, mountOptions: ["noatime"] }],
    event:
      'FailedMount MountVolume.MountOptionSupport check failed for volume "pv-data" : mount options are not supported for this volume type',
  },
  {
    name: "a type that left Kubernetes",
    claim: ["data", { glusterfs: { endpoints: "e", path: "p" } }],
    event: `FailedMount ${summary('failed to get Plugin from volumeSpec for volume "pv-data" err=no volume plugin matched: this node has no glusterfs volumes; use a CSI driver')}`,
  },
]

for (const { name, claim, volume = claimed, event } of failures) {
  test(`a claim cannot be mounted: ${name}`, { skip }, async () => {
    if (claim !== undefined) stage.setClaim(...claim)
    const events: string[] = []
    const volumes = stage.open("failing", events)
    await assert.rejects(volumes.setUp(podOf("failing", [volume])))
    assert.deepEqual(events, [`Warning ${event}`])
  })
}

const mountedBelow = (uid: string) => readMountTable().filter(({ mountPoint }) => mountPoint.includes(`/pods/${uid}/`))

test("a local volume is mounted, given to the group, shared, kept over restarts and left as it is", {
  skip,
}, async () => {
  const path = join(disk, "shared")
  mkdirSync(path)
  writeFileSync(join(path, "file"), "precious", { mode: 0o600 })
  stage.setClaim("data", { ...local(path), ...on("node-1") })
  const pod = podOf("one", [claimed], { securityContext: { fsGroup: 4321 } })
  const events: string[] = []
  const volumes = stage.open("one", events)
  await volumes.setUp(pod)
  const folder = stage.pathOf("one", "local-volume", "pv-data")
  assert.deepEqual(
    [statSync(folder).ino, statSync(path).gid, statSync(join(path, "file")).mode & 0o777],
    [statSync(path).ino, 4321, 0o660],
  )
  const [container] = pod.spec.containers
  assert(container !== undefined)
  const mountsOf = (again = volumes) =>
    again.containerMounts(pod, container, { env: [], recursiveReadOnlyMounts: false })
  assert.deepEqual(
    (await mountsOf()).map(({ hostPath, readonly }) => [hostPath, readonly]),
    [[folder, false]],
  )
  const [usage] = await volumes.usage(pod)
  const [claim] = await volumes.claimUsage()
  assert.deepEqual([claim?.namespace, claim?.name], ["default", "data"])
  assert.deepEqual([usage?.name, usage?.claim, usage?.isLocal], ["v", { namespace: "default", name: "data" }, false])

  const other = podOf("two", [claimed], { securityContext: { fsGroup: 99 } })
  const restarted = stage.open("two", events)
  await restarted.setUp(other)
  assert.equal(statSync(path).gid, 4321)
  assert.deepEqual(events, [
    "Warning AlreadyMountedVolume The requested fsGroup is 99, but the volume pv-data has GID 4321. The volume may not be shareable.",
  ])
  assert.equal((await mountsOf(restarted))[0]?.hostPath, folder)
  await restarted.tearDown("one")
  await restarted.tearDown("two")
  assert.deepEqual([mountedBelow("one"), mountedBelow("two")], [[], []])
  assert.equal(existsSync(join(path, "file")), true)
  assert.equal(restarted.hasVolumes("one"), false)
})

test("mount options and the claim's readOnly are those of the mount", { skip }, async () => {
  stage.setClaim("data", { ...local(), mountOptions: ["noexec"] })
  const pod = podOf("options", [{ name: "v", persistentVolumeClaim: { claimName: "data", readOnly: true } }])
  const volumes = stage.open("options")
  await volumes.setUp(pod)
  const [entry] = mountedBelow("options")
  assert(entry?.options.includes("ro") && entry.options.includes("noexec"))
  const [container] = pod.spec.containers
  assert(container !== undefined)
  const [mount] = await volumes.containerMounts(pod, container, { env: [], recursiveReadOnlyMounts: false })
  assert.equal(mount?.readonly, true)
  await volumes.tearDown("options")
})

test("what is not mounted any more after a reboot is mounted again", { skip }, async () => {
  stage.setClaim("data", local())
  writeFileSync(join(disk, "after-reboot"), "")
  await stage.open("reboot").setUp(podOf("reboot", [claimed]))
  const folder = stage.pathOf("reboot", "local-volume", "pv-data")
  unmount(folder)
  assert.equal(existsSync(join(folder, "after-reboot")), false)
  stage.serverIsAway = true
  const volumes = stage.open("reboot")
  await assert.rejects(volumes.setUp(podOf("reboot", [claimed])))
  stage.serverIsAway = false
  await volumes.setUp(podOf("reboot", [claimed]))
  assert.equal(existsSync(join(folder, "after-reboot")), true)
  stage.serverIsAway = true
  await stage.open("reboot").setUp(podOf("reboot", [claimed]))
  stage.serverIsAway = false
  await volumes.tearDown("reboot")
})

test("a ReadWriteOncePod volume is for one pod", { skip }, async () => {
  const events: string[] = []
  const volumes = stage.open("first", events)
  stage.setClaim("data", { ...local(), accessModes: ["ReadWriteOncePod"] })
  await volumes.setUp(podOf("first", [claimed]))
  await assert.rejects(volumes.setUp(podOf("second", [claimed])))
  assert.deepEqual(events, [
    'Warning FailedMount MountVolume.SetUp failed for volume "pv-data" : volume uses the ReadWriteOncePod access mode and is already in use by another pod',
  ])
  await volumes.tearDown("first")
  await volumes.setUp(podOf("second", [claimed]))
  await volumes.tearDown("second")
})

test("an orphan's volume is unmounted, and its files stay", { skip }, async () => {
  stage.setClaim("data", local())
  writeFileSync(join(disk, "kept"), "")
  const dir = mkdtempSync(join(tmpdir(), "gantry-orphans-"))
  await stage.open("orphan", [], dir).setUp(podOf("orphan", [claimed]))
  assert.deepEqual(await stage.open("orphan", [], dir).removeOrphans(new Set()), ["orphan"])
  rmSync(dir, { recursive: true })
  assert.deepEqual(mountedBelow("orphan"), [])
  assert.equal(existsSync(join(disk, "kept")), true)
})
