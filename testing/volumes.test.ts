import assert from "node:assert/strict"
import { test } from "node:test"
import { StatefulSet } from "../src/api/apps/v1/stateful-set.ts"
import { Event } from "../src/api/core/v1/event.ts"
import { Node } from "../src/api/core/v1/node.ts"
import { PersistentVolume } from "../src/api/core/v1/persistent-volume.ts"
import { PersistentVolumeClaim } from "../src/api/core/v1/persistent-volume-claim.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import { StorageClass } from "../src/api/storage/v1/storage-class.ts"
import { VolumeAttachment } from "../src/api/storage/v1/volume-attachment.ts"
import { startCluster } from "./index.ts"

const accessModes = ["ReadWriteOnce"]
const volume = (name: string, storage: string, spec: object = {}) => ({
  metadata: { name },
  spec: { capacity: { storage }, accessModes, hostPath: { path: "/tmp/data" }, ...spec },
})
const claim = (name: string, storage: string, spec: object = {}) => ({
  metadata: { name, namespace: "default" },
  spec: { accessModes, resources: { requests: { storage } }, ...spec },
})

test("claims and volumes find each other, whichever comes first, and a volume outlives its claim", async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  const volumes = client.of(PersistentVolume)
  const claims = client.of(PersistentVolumeClaim)
  await claims.create(claim("early", "2Gi", { storageClassName: "" }))
  await cluster.settled()
  await volumes.create(volume("large", "9Gi"))
  await volumes.create(volume("small", "3Gi"))
  await cluster.settled()
  await claims.create(claim("late", "1Gi", { storageClassName: "" }))
  await cluster.settled()
  const seen = async () => [
    ...(await claims.list()).items.map(({ metadata, spec, status }) => [metadata.name, status.phase, spec.volumeName]),
    ...(await volumes.list()).items.map(({ metadata, spec, status }) => [
      metadata.name,
      status.phase,
      spec.claimRef?.name,
    ]),
  ]
  assert.deepEqual(await seen(), [
    ["early", "Bound", "large"],
    ["late", "Bound", "small"],
    ["large", "Bound", "early"],
    ["small", "Bound", "late"],
  ])
  const late = await claims.get({ namespace: "default", name: "late" })
  assert.deepEqual(late.status.capacity, { storage: "3Gi" })
  await claims.delete({ namespace: "default", name: "late" })
  await cluster.settled()
  assert.deepEqual((await seen()).at(-1), ["small", "Released", "late"])
  await volumes.patch({ name: "small" }, { spec: { claimRef: null } }, { type: "merge" })
  await cluster.settled()
  assert.deepEqual((await seen()).at(-1), ["small", "Available", undefined])
  await volumes.delete({ name: "large" })
  await volumes.patch({ name: "large" }, { metadata: { finalizers: null } }, { type: "merge" })
  await cluster.settled()
  assert.deepEqual((await seen())[0], ["early", "Lost", "large"])
})

test("a claim without class gets the default one when that comes later", async () => {
  await using cluster = await startCluster({ nodes: 0 })
  const { client } = cluster
  await client.of(PersistentVolumeClaim).create(claim("data", "1Gi"))
  await cluster.settled()
  await client.of(StorageClass).create({
    metadata: { name: "disk", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "example.com/disk",
  })
  await cluster.settled()
  const { metadata, spec, status } = await client.of(PersistentVolumeClaim).get({ namespace: "default", name: "data" })
  assert.equal(spec.storageClassName, "disk")
  assert.equal(metadata.annotations?.["volume.kubernetes.io/storage-provisioner"], "example.com/disk")
  assert.equal(status.phase, "Pending")
})

test("a disk follows its pod from node to node, once the old one has let go", async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  const attachments = client.of(VolumeAttachment)
  const csi = { driver: "csi.example.com", volumeHandle: "disk-1" }
  const { hostPath: _, ...spec } = volume("disk", "1Gi", { csi }).spec
  await client.of(PersistentVolume).create({ metadata: { name: "disk" }, spec })
  await client.of(PersistentVolumeClaim).create(claim("data", "1Gi", { storageClassName: "" }))
  const podOn = (name: string, nodeName: string) => ({
    metadata: { name, namespace: "default" },
    spec: {
      nodeName,
      containers: [{ name: "main", image: "web:1" }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
    },
  })
  /** What the driver's attacher does. */
  const answer = async () => {
    for (const { metadata } of (await attachments.list()).items) {
      await attachments.patch(metadata, { status: { attached: true } }, { type: "merge", subresource: "status" })
    }
    await cluster.settled()
  }
  const seen = async () =>
    (await attachments.list()).items.map(({ spec: { nodeName }, status }) => [nodeName, status.attached])
  const listed = async (name: string) => (await client.of(Node).get({ name })).status.volumesAttached
  const told = async () =>
    (await client.of(Event).list()).items
      .filter(({ reason }) => reason?.endsWith("AttachVolume"))
      .map(({ involvedObject, message }) => `${involvedObject.name}: ${message}`)
  await client.of(Pod).create(podOn("first", "node-1"))
  await cluster.settled()
  assert.deepEqual(await seen(), [["node-1", false]])
  assert.equal(await listed("node-1"), undefined)
  await answer()
  const name = "kubernetes.io/csi/csi.example.com^disk-1"
  assert.deepEqual(await listed("node-1"), [{ name, devicePath: "" }])
  await client.of(Pod).create(podOn("second", "node-2"))
  await cluster.settled()
  assert.deepEqual(await told(), [
    'first: AttachVolume.Attach succeeded for volume "disk" ',
    'second: Multi-Attach error for volume "disk" Volume is already used by pod(s) first',
  ])
  await client
    .of(Node)
    .patch({ name: "node-1" }, { status: { volumesInUse: [name] } }, { type: "merge", subresource: "status" })
  await client.of(Pod).delete({ namespace: "default", name: "first" }, { gracePeriodSeconds: 0 })
  await cluster.settled()
  assert.deepEqual(await seen(), [["node-1", true]])
  await client
    .of(Node)
    .patch({ name: "node-1" }, { status: { volumesInUse: null } }, { type: "merge", subresource: "status" })
  await cluster.settled()
  assert.deepEqual(await seen(), [["node-2", false]])
  assert.equal(await listed("node-1"), undefined)
  await answer()
  assert.deepEqual(await listed("node-2"), [{ name, devicePath: "" }])
})

test("a class of local volumes makes, enlarges and removes them", async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  const volumes = client.of(PersistentVolume)
  const claims = client.of(PersistentVolumeClaim)
  const made = { provisioner: "local.gantry.dev", allowVolumeExpansion: true }
  await client.of(StorageClass).create({ metadata: { name: "now" }, ...made })
  await client.of(StorageClass).create({ metadata: { name: "kept" }, ...made, reclaimPolicy: "Retain" })
  for (const name of ["now", "kept"]) await claims.create(claim(name, "1Gi", { storageClassName: name }))
  await cluster.settled()
  const seen = async () =>
    (await volumes.list()).items
      .map(({ metadata, spec, status }) => [
        spec.claimRef?.name,
        status.phase,
        spec.capacity?.["storage"],
        metadata.annotations?.["local.gantry.dev/node"],
      ])
      .toSorted()
  assert.deepEqual(await seen(), [
    ["kept", "Bound", "1Gi", "node-2"],
    ["now", "Bound", "1Gi", "node-1"],
  ])
  const resources = { requests: { storage: "3Gi" } }
  await claims.patch({ namespace: "default", name: "now" }, { spec: { resources } }, { type: "merge" })
  await cluster.settled()
  assert.equal((await claims.get({ namespace: "default", name: "now" })).status.capacity?.["storage"], "3Gi")
  for (const name of ["now", "kept"]) await claims.delete({ namespace: "default", name })
  await cluster.settled()
  assert.deepEqual(await seen(), [["kept", "Released", "1Gi", "node-2"]])
})

test("each pod of a stateful set gets a volume where it runs", async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  const template = {
    metadata: { labels: { app: "db" } },
    spec: { containers: [{ name: "main", image: "db:1", volumeMounts: [{ name: "data", mountPath: "/data" }] }] },
  }
  await client.of(StatefulSet).create({
    metadata: { name: "db", namespace: "default" },
    spec: {
      replicas: 2,
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template,
      volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claim("data", "1Gi").spec }],
    },
  })
  await cluster.settled()
  const pods = (await client.of(Pod).list()).items
  const volumes = (await client.of(PersistentVolume).list()).items
  assert.deepEqual(
    pods.map(({ metadata, status }) => [metadata.name, status.phase]),
    [
      ["db-0", "Running"],
      ["db-1", "Running"],
    ],
  )
  assert.deepEqual(
    new Map(
      volumes.map(({ metadata, spec }) => [spec.claimRef?.name, metadata.annotations?.["local.gantry.dev/node"]]),
    ),
    new Map(pods.map(({ metadata, spec }) => [`data-${metadata.name}`, spec.nodeName])),
  )
})
