import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client } from "../../client/client.ts"
import { realClock } from "../../platform/node/clock.ts"
import type { ResolvedVolume } from "../volumes/plugins/plugin.ts"
import type { CsiSource } from "./csi-source.ts"
import { expandVolume } from "./expand-volume.ts"
import type { Mounting } from "./mounting.ts"

const volume = {
  specName: "pv",
  readOnly: false,
  pod: { metadata: { name: "web", uid: "u1" } },
  persistent: { spec: { capacity: { storage: "2Gi" } } },
  claim: {
    metadata: { name: "data", namespace: "default" },
    status: {
      capacity: { storage: "1Gi" },
      allocatedResources: { storage: "2Gi" },
      allocatedResourceStatuses: { storage: "NodeResizePending" },
    },
  },
} as unknown as ResolvedVolume
const source = { driver: "d", handle: "h", ephemeral: false, accessModes: ["ReadWriteOnce"] } as unknown as CsiSource

for (const { block, name, paths } of [
  {
    name: "a file system",
    block: false,
    paths: ["/pods/u1/mount", /\/data\/plugins\/kubernetes\.io\/csi\/d\/[^/]+\/globalmount$/],
  },
  {
    name: "a raw device",
    block: true,
    paths: [
      "/data/plugins/kubernetes.io/csi/volumeDevices/publish/pv/u1",
      /^\/data\/plugins\/kubernetes\.io\/csi\/volumeDevices\/staging\/pv$/,
    ],
  },
] as const) {
  test(`${name} that a running pod uses grows where the driver has published it`, async () => {
    const asked: Record<string, unknown>[] = []
    const written: unknown[] = []
    const driver = {
      can: async () => true,
      toDriver: (path: string) => path,
      node: { NodeExpandVolume: async (request: Record<string, unknown>) => asked.push(request) },
    }
    const mounting = {
      dataDir: "/data",
      nodeName: "n1",
      drivers: { get: () => driver },
      objects: { secret: async () => ({}) },
      events: { record() {} },
      client: { of: () => ({ patch: async (_: unknown, { status }: { status: object }) => written.push(status) }) },
      platform: { clock: realClock },
    } as unknown as Mounting & { client: Client; platform: { clock: typeof realClock } }
    await expandVolume(mounting, volume, source, { block, hostPath: "/pods/u1/mount" })
    const [{ volumePath, stagingTargetPath, capacityRange, volumeCapability } = {}] = asked
    assert.equal(volumePath, paths[0])
    assert.match(String(stagingTargetPath), paths[1])
    assert.deepEqual(capacityRange, { requiredBytes: 2 * 1024 ** 3 })
    assert.equal(Object.hasOwn(volumeCapability as object, "block"), block)
    assert.deepEqual(written, [
      { allocatedResourceStatuses: { storage: "NodeResizeInProgress" } },
      { capacity: { storage: "2Gi" }, allocatedResourceStatuses: { storage: null }, conditions: [] },
    ])
  })
}
