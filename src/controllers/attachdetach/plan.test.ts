import assert from "node:assert/strict"
import { test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { attachmentName, parseUniqueVolumeName, uniqueVolumeName } from "../../api/storage/v1/attachment-name.ts"
import type { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"
import { node, pod } from "../testing.ts"
import { attachedVolumes } from "./attached-volumes.ts"
import { AttachmentMemory } from "./memory.ts"
import { needsVolumes, plan, type Step, UNMOUNT_MS_MAX, type VolumeWorld } from "./plan.ts"

const disk = { driver: "csi.example.com", volumeHandle: "h" }
const unique = "kubernetes.io/csi/csi.example.com^h"
const managed = { "volumes.kubernetes.io/controller-managed-attach-detach": "true" }
const ready = { conditions: [{ type: "Ready", status: "True" }] }
const nodeIn = (name: string, status: object = {}, spec: object = {}) =>
  node(name, { metadata: { annotations: managed }, status: { ...ready, ...status }, spec })
const on = (nodeName: string, name = `pod-${nodeName}`, namespace = "default"): Pod =>
  pod(name, { metadata: { namespace }, spec: { nodeName } })
const at = (nodeName: string, more: object = {}, status: object = { attached: true }): VolumeAttachment =>
  ({
    metadata: { name: attachmentName(disk, nodeName), ...more },
    spec: { attacher: disk.driver, nodeName, source: { persistentVolumeName: "v" } },
    status,
  }) as unknown as VolumeAttachment

function steps(world: Partial<VolumeWorld>): string[] {
  return plan({
    name: "v",
    disk,
    accessModes: ["ReadWriteOnce"],
    pods: [],
    attachments: [],
    node: (name) => nodeIn(name),
    unwantedForMs: () => 0,
    ...world,
  }).map(describe)
}
function describe(step: Step): string {
  switch (step.do) {
    case "attach":
      return `attach to ${step.node}`
    case "detach":
      return `detach from ${step.attachment.spec.nodeName}${step.force ? " by force" : ""}`
    case "wait":
      return "wait"
    case "wanted":
      return `look at ${step.attachment.spec.nodeName}`
    case "tell-multi-attach":
      return step.errors.map((one) => `${one.pod.metadata.name}: ${one.message}`).join("; ")
  }
}

const inUse = (name: string) => nodeIn(name, { volumesInUse: [unique] })
const cases: readonly [string, Partial<VolumeWorld>, readonly string[]][] = [
  ["nobody needs it", {}, []],
  ["a pod needs it", { pods: [on("a")] }, ["attach to a"]],
  ["the node sees to it itself", { pods: [on("a")], node: (name) => node(name) }, []],
  ["the node is not there", { pods: [on("a")], node: () => undefined }, []],
  ["it is asked for", { pods: [on("a")], attachments: [at("a", {}, { attached: false })] }, ["look at a"]],
  ["no pod needs it any more", { attachments: [at("a")] }, ["detach from a"]],
  ["it is being detached", { attachments: [at("a", { deletionTimestamp: "2026" })] }, []],
  ["the attachment is somebody else's", { attachments: [at("a", { name: "mine" })] }, []],
  ["the node still uses it", { attachments: [at("a")], node: inUse }, ["wait"]],
  ["what the node uses is not known", { attachments: [at("a")], node: () => undefined }, ["wait"]],
  [
    "a node that is well is waited for",
    { attachments: [at("a")], node: inUse, unwantedForMs: () => UNMOUNT_MS_MAX + 1 },
    ["wait"],
  ],
  [
    "a node that is not well is not waited for",
    {
      attachments: [at("a")],
      node: (name) => nodeIn(name, { volumesInUse: [unique], conditions: [] }),
      unwantedForMs: () => UNMOUNT_MS_MAX + 1,
    },
    ["detach from a by force"],
  ],
  [
    "a node that is out of service",
    {
      attachments: [at("a")],
      node: (name) =>
        nodeIn(name, { volumesInUse: [unique] }, { taints: [{ key: "node.kubernetes.io/out-of-service" }] }),
    },
    ["detach from a by force"],
  ],
  [
    "the volume has gone, and its node still knows it",
    {
      disk: undefined,
      attachments: [at("a")],
      node: (name) => nodeIn(name, { volumesAttached: [{ name: unique, devicePath: "" }] }),
    },
    ["detach from a"],
  ],
  ["it moves: first let go", { pods: [on("b")], attachments: [at("a")] }, ["detach from a"]],
  [
    "it moves, and the old node still uses it",
    { pods: [on("b")], attachments: [at("a")], node: inUse },
    [
      "wait",
      `pod-b: Multi-Attach error for volume "v" Volume is already exclusively attached to one node and can't be attached to another`,
    ],
  ],
  [
    "two pods on two nodes want it",
    { pods: [on("a"), on("b")], attachments: [at("a")] },
    ["look at a", `pod-b: Multi-Attach error for volume "v" Volume is already used by pod(s) pod-a`],
  ],
  [
    "it can be at many nodes",
    { pods: [on("a"), on("b")], accessModes: ["ReadWriteMany"] },
    ["attach to a", "attach to b"],
  ],
  ["nobody knows whether it can", { pods: [on("a"), on("b")], accessModes: [] }, ["attach to a", "attach to b"]],
]
for (const [name, world, expected] of cases) {
  test(`a volume: ${name}`, () => assert.deepEqual(steps(world), expected))
}

test("of pods in other namespaces only the number is told", () => {
  const told = (...others: Pod[]) =>
    steps({ pods: [...others, on("b")], attachments: [at("a")] })
      .at(-1)
      ?.replace(/^.*"v" /, "")
  assert.equal(told(on("a", "x", "other")), "Volume is already used by 1 pod(s) in different namespaces")
  assert.equal(
    told(on("a", "x", "other"), on("a", "y"), on("a", "z")),
    "Volume is already used by pod(s) y, z and 1 pod(s) in different namespaces",
  )
})

test("names of disks and attachments", () => {
  assert.equal(uniqueVolumeName(disk), unique)
  assert.deepEqual(parseUniqueVolumeName(unique), disk)
  assert.equal(parseUniqueVolumeName("kubernetes.io/local-volume/x"), undefined)
  // sha256 of "hcsi.example.comn"
  assert.match(attachmentName(disk, "n"), /^csi-[0-9a-f]{64}$/)
  assert.notEqual(attachmentName(disk, "n"), attachmentName(disk, "m"))
})

test("a node is told what is attached to it, and what is about to leave no more", () => {
  const known = () => disk
  const listed = [{ name: unique, devicePath: "" }]
  assert.deepEqual(attachedVolumes([at("a")], new Set(), known), listed)
  assert.deepEqual(attachedVolumes([at("a")], new Set([attachmentName(disk, "a")]), known), [])
  assert.deepEqual(attachedVolumes([at("a", {}, { attached: false })], new Set(), known), [])
  assert.deepEqual(attachedVolumes([at("a", { deletionTimestamp: "2026" })], new Set(), known), [])
  assert.deepEqual(attachedVolumes([at("a", { name: "mine" })], new Set(), known), [])
})

test("pods need their volumes until their containers have ended", () => {
  const state = (running: boolean) => ({
    containerStatuses: [{ state: running ? { running: {} } : { terminated: {} } }],
  })
  const going = { deletionTimestamp: "2026-01-01T00:00:00Z" }
  assert.equal(needsVolumes(pod("p")), true)
  assert.equal(needsVolumes(pod("p", { status: { phase: "Succeeded" } })), false)
  assert.equal(needsVolumes(pod("p", { metadata: going, status: state(true) })), true)
  assert.equal(needsVolumes(pod("p", { metadata: going, status: state(false) })), false)
})

test("what happens to an attachment is news once", () => {
  const memory = new AttachmentMemory()
  const waiting = at("a", {}, { attached: false })
  const failed = at("a", {}, { attached: false, attachError: { time: "t", message: "no" } })
  assert.deepEqual(memory.look(waiting, "h", 0), { is: "waiting", againAfterMs: 120_000 })
  assert.deepEqual(memory.look(failed, "h", 1000), { is: "failed", message: "no", isNew: true })
  assert.deepEqual(memory.look(failed, "h", 2000), { is: "failed", message: "no", isNew: false })
  const late = memory.look(waiting, "h", 120_000)
  const message = "timed out waiting for external-attacher of csi.example.com CSI driver to attach volume h"
  assert.deepEqual(late, { is: "failed", message, isNew: true, againAfterMs: 120_000 })
  assert.deepEqual(memory.look(at("a"), "h", 121_000), { is: "attached", isNew: true })
  assert.deepEqual(memory.look(at("a"), "h", 122_000), { is: "attached", isNew: false })
  assert.equal(memory.unwantedForMs("x", 0), 0)
  assert.equal(memory.unwantedForMs("x", 500), 500)
  assert.deepEqual([memory.block("v", "n"), memory.block("v", "n")], [true, false])
  memory.keepBlocked("v", [])
  assert.equal(memory.block("v", "n"), true)
})
