import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import type { TokenRequestSpec } from "../../api/authentication/v1/token-request.ts"
import type { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { PersistentVolume, PersistentVolumeSpec } from "../../api/core/v1/persistent-volume.ts"
import type { PersistentVolumeClaim } from "../../api/core/v1/persistent-volume-claim.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Volume } from "../../api/core/v1/volume.ts"
import type { InputOf } from "../../machinery/schema/schema.ts"
import { notFound, serviceUnavailable } from "../../machinery/status/errors.ts"
import { readCapabilities } from "../../platform/linux/capabilities.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { createVolumes, type Volumes } from "./volumes.ts"

export const skip = !readCapabilities().effective.has("SYS_ADMIN") && "mounting needs CAP_SYS_ADMIN"
const meta = { uid: "o", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z", namespace: "default" }

/** What is left out here the API would have filled in; volumes must do without, too. */
export type VolumeInput = InputOf<typeof Volume>
export type VolumeSpecInput = Partial<InputOf<typeof PersistentVolumeSpec>>
export interface ClaimInput {
  readonly metadata?: object
  readonly spec?: object
  readonly status?: object
}
type Mounts = NonNullable<Pod["spec"]["containers"][number]["volumeMounts"]>

/** A node's folder and the objects that its volumes show. */
export class VolumeStage {
  readonly dir = mkdtempSync(join(tmpdir(), "gantry-volumes-"))
  serverIsAway = false
  secretsInMemory = false
  readonly tokenRequests: TokenRequestSpec[] = []
  nowMs = Date.parse("2026-11-21T10:00:00Z")
  readonly #platform = createNodePlatform({ logTo: new PassThrough().resume() })
  readonly #configMaps = new Map<string, ConfigMap>()
  readonly #claims = new Map<string, PersistentVolumeClaim>()
  readonly #persistentVolumes = new Map<string, PersistentVolume>()
  readonly #made: { readonly volumes: Volumes; readonly uid: string }[] = []

  setConfigMap(name: string, data: Record<string, string>, binaryData: Record<string, string> = {}): void {
    const metadata = { ...meta, name }
    this.#configMaps.set(name, { apiVersion: "v1", kind: "ConfigMap", metadata, data, binaryData })
  }

  /** Bound to each other, unless told otherwise. */
  setClaim(name: string, volume: VolumeSpecInput, more: ClaimInput = {}): void {
    const claimRef = { namespace: "default", name, uid: `uid-${name}` }
    const claim = { metadata: { ...meta, name, uid: `uid-${name}` }, spec: { volumeName: `pv-${name}` } }
    this.#claims.set(`default/${name}`, {
      ...claim,
      status: { phase: "Bound" },
      ...more,
    } as unknown as PersistentVolumeClaim)
    const persistent = {
      metadata: { ...meta, name: `pv-${name}` },
      spec: { accessModes: ["ReadWriteOnce"], claimRef, ...volume },
    }
    this.#persistentVolumes.set(`pv-${name}`, persistent as unknown as PersistentVolume)
  }

  /** As after a start of the agent. There are no secrets. */
  open(uid: string, events: string[] = [], dataDir = this.dir, logDir?: string): Volumes {
    const volumes = createVolumes({
      platform: { ...this.#platform, clock: { ...this.#platform.clock, nowMs: () => this.nowMs } },
      dataDir,
      ...(logDir !== undefined && { logDir }),
      nodeName: "node-1",
      nodeAllocatable: () => ({ cpu: "2", memory: "4Gi" }),
      secretsInMemory: this.secretsInMemory,
      nodeLabels: () => ({ "kubernetes.io/hostname": "node-1" }),
      events: { record: (_, type, reason, message) => void events.push(`${type} ${reason} ${message}`) },
      objects: {
        getConfigMap: async (_, name) => {
          const found = this.#configMaps.get(name)
          if (found === undefined) throw notFound({ group: "", resource: "configmap" }, name)
          return found
        },
        getSecret: async (_, name) => {
          throw notFound({ group: "", resource: "secret" }, name)
        },
        getClaim: async (namespace, name) => {
          if (this.serverIsAway) throw serviceUnavailable("connection refused")
          const found = this.#claims.get(`${namespace}/${name}`)
          if (found === undefined) throw notFound({ group: "", resource: "persistentvolumeclaims" }, name)
          return found
        },
        getPersistentVolume: async (name) => {
          const found = this.#persistentVolumes.get(name)
          if (found === undefined) throw notFound({ group: "", resource: "persistentvolumes" }, name)
          return found
        },
        requestToken: async (_, serviceAccount, spec) => {
          this.tokenRequests.push(spec)
          const expirationTimestamp = new Date(this.nowMs + (spec.expirationSeconds ?? 0) * 1000).toISOString()
          return { token: `${serviceAccount}-${this.tokenRequests.length}`, expirationTimestamp }
        },
      },
    })
    this.#made.push({ volumes, uid })
    return volumes
  }

  pathOf(uid: string, plugin: string, name: string): string {
    return join(this.dir, "pods", uid, "volumes", `kubernetes.io~${plugin}`, name)
  }

  async remove(): Promise<void> {
    for (const { volumes, uid } of this.#made) {
      await volumes.tearDown(uid)
      volumes.close()
    }
    rmSync(this.dir, { recursive: true })
  }
}

/** A pod whose container mounts each of the volumes, unless told otherwise. */
export function podOf(
  uid: string,
  volumes: readonly VolumeInput[],
  more: Partial<Pod["spec"]> = {},
  volumeMounts?: Mounts,
): Pod {
  const mounts = volumeMounts ?? volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }))
  const labels = { app: "web", tier: 'a"b' }
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...meta, name: "web", uid, labels },
    spec: { containers: [{ name: "c", image: "i", volumeMounts: mounts }], volumes, ...more },
    status: {},
  } as unknown as Pod
}
