import { normalize } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { KeyToPath } from "../../api/core/v1/references.ts"
import type { Volume } from "../../api/core/v1/volume.ts"
import type { DownwardAPIVolumeFile, VolumeProjection } from "../../api/core/v1/volume-projection.ts"
import { aggregateMessages } from "../../machinery/field/error.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { containerResourceValue, findContainer, podFieldValue, type ResourceList } from "../downward.ts"
import type { Payload, ProjectedFile } from "./atomic-writer.ts"
import { commonUser } from "./ownership.ts"
import type { PodTokens } from "./tokens.ts"
import type { VolumeObjects } from "./volumes.ts"

const DEFAULT_MODE = 0o644
/** Of tokens that only their owner, or the pod's group, may read. */
const OWNER_ONLY = 0o600

export interface PayloadSources {
  readonly objects: VolumeObjects
  readonly tokens: PodTokens
  readonly nodeAllocatable: () => ResourceList
  /** What a file of the volume holds now. */
  readonly written: (path: string) => string | undefined
}

type Files = Map<string, ProjectedFile>

/** The files of a configMap, secret, downwardAPI or projected volume. Rejects with Kubernetes' message. */
export async function collectPayload(pod: Pod, volume: Volume, sources: PayloadSources): Promise<Payload> {
  const { namespace } = pod.metadata
  if (volume.configMap !== undefined) {
    const { name = "", items, optional = false, defaultMode = DEFAULT_MODE } = volume.configMap
    return keyFiles(await configMapKeys(sources, namespace, name, optional), items, optional, defaultMode)
  }
  if (volume.secret !== undefined) {
    const { secretName = "", items, optional = false, defaultMode = DEFAULT_MODE } = volume.secret
    return keyFiles(await secretKeys(sources, namespace, secretName, optional), items, optional, defaultMode)
  }
  if (volume.downwardAPI !== undefined) {
    const { items = [], defaultMode = DEFAULT_MODE } = volume.downwardAPI
    return downwardFiles(pod, items, defaultMode, sources.nodeAllocatable())
  }
  if (volume.projected === undefined) throw new TypeError(`volume ${volume.name} holds no files`)
  const { sources: projections, defaultMode = DEFAULT_MODE } = volume.projected
  return projectedFiles(pod, projections, defaultMode, sources)
}

/** Later projections win over earlier ones; every failure is reported. */
async function projectedFiles(
  pod: Pod,
  projections: readonly VolumeProjection[],
  mode: number,
  sources: PayloadSources,
): Promise<Payload> {
  const files: Files = new Map()
  const problems: string[] = []
  let cause: unknown
  for (const projection of projections) {
    try {
      for (const [path, file] of await projectionFiles(pod, projection, mode, sources)) files.set(path, file)
    } catch (error) {
      problems.push(messageOf(error))
      cause ??= error
    }
  }
  if (problems.length > 0) throw new Error(aggregateMessages(problems), { cause })
  return files
}

async function projectionFiles(
  pod: Pod,
  projection: VolumeProjection,
  mode: number,
  sources: PayloadSources,
): Promise<Payload> {
  const { namespace } = pod.metadata
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = projection
  if (configMap !== undefined) {
    const { name = "", items, optional = false } = configMap
    return keyFiles(await configMapKeys(sources, namespace, name, optional), items, optional, mode)
  }
  if (secret !== undefined) {
    const { name = "", items, optional = false } = secret
    return keyFiles(await secretKeys(sources, namespace, name, optional), items, optional, mode)
  }
  if (downwardAPI !== undefined) return downwardFiles(pod, downwardAPI.items ?? [], mode, sources.nodeAllocatable())
  if (serviceAccountToken !== undefined) {
    const { token } = await sources.tokens.get(pod, serviceAccountToken, () =>
      sources.written(serviceAccountToken.path),
    )
    const uid = commonUser(pod)
    const restricted = uid !== undefined || pod.spec.securityContext?.fsGroup !== undefined
    const file = { data: Buffer.from(token), mode: restricted ? OWNER_ONLY : mode, ...(uid !== undefined && { uid }) }
    return new Map([[serviceAccountToken.path, file]])
  }
  if (clusterTrustBundle !== undefined) {
    throw new Error("ClusterTrustBundle projection is not supported by this node")
  }
  if (podCertificate !== undefined) throw new Error("pod certificate projection is not supported by this node")
  return new Map()
}

interface Keys {
  readonly data: ReadonlyMap<string, Uint8Array>
  readonly missingKey: string
}

async function configMapKeys(
  sources: PayloadSources,
  namespace: string,
  name: string,
  optional: boolean,
): Promise<Keys> {
  const missingKey = "configmap references non-existent config key"
  const get = sources.objects.getConfigMap(namespace, name)
  const found = await orAbsent(get, optional)
  const text = Object.entries(found?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const)
  const binary = Object.entries(found?.binaryData ?? {}).map(([key, value]) => [key, fromBase64(value)] as const)
  // Text wins where both hold a key, which the API refuses anyway.
  return { data: new Map([...binary, ...text]), missingKey }
}

async function secretKeys(sources: PayloadSources, namespace: string, name: string, optional: boolean): Promise<Keys> {
  const get = sources.objects.getSecret(namespace, name)
  const found = await orAbsent(get, optional)
  const data = Object.entries(found?.data ?? {}).map(([key, value]) => [key, fromBase64(value)] as const)
  return { data: new Map(data), missingKey: "references non-existent secret key" }
}

const fromBase64 = (text: string): Buffer => Buffer.from(text, "base64")

/** Undefined when what may be missing is missing. */
async function orAbsent<T>(get: Promise<T>, optional: boolean): Promise<T | undefined> {
  try {
    return await get
  } catch (error) {
    if (optional && isNotFound(error)) return undefined
    throw error
  }
}

function keyFiles(keys: Keys, items: readonly KeyToPath[] | undefined, optional: boolean, mode: number): Payload {
  if (items === undefined || items.length === 0) {
    return new Map([...keys.data].map(([key, data]) => [key, { data, mode }]))
  }
  const files: Files = new Map()
  for (const item of items) {
    const data = keys.data.get(item.key)
    if (data !== undefined) files.set(item.path, { data, mode: item.mode ?? mode })
    else if (!optional) throw new Error(`${keys.missingKey}: ${item.key}`)
  }
  return files
}

function downwardFiles(
  pod: Pod,
  items: readonly DownwardAPIVolumeFile[],
  mode: number,
  nodeAllocatable: ResourceList,
): Payload {
  const files: Files = new Map()
  const problems: string[] = []
  for (const item of items) {
    try {
      const value = downwardValue(pod, item, nodeAllocatable)
      files.set(normalize(item.path), { data: Buffer.from(value), mode: item.mode ?? mode })
    } catch (error) {
      problems.push(messageOf(error))
    }
  }
  if (problems.length > 0) throw new Error(aggregateMessages(problems))
  return files
}

function downwardValue(
  pod: Pod,
  { fieldRef, resourceFieldRef }: DownwardAPIVolumeFile,
  nodeAllocatable: ResourceList,
): string {
  if (fieldRef !== undefined) return podFieldValue(pod, fieldRef.fieldPath)
  if (resourceFieldRef === undefined) return ""
  const { containerName = "", resource, divisor } = resourceFieldRef
  return containerResourceValue(pod, findContainer(pod, containerName), resource, divisor, nodeAllocatable)
}
