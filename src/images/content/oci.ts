import { type ImageConfig, ImageError, type ImagePlatform } from "../images.ts"
import { isDigest } from "./digest.ts"

/** Media types of OCI and of Docker's schema 2, which differ in name only. */
export const MediaType = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
} as const

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: ImagePlatform
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Manifest {
  readonly mediaType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

export interface Index {
  readonly mediaType: string
  readonly manifests: readonly Descriptor[]
}

/** The configuration blob, in the spelling of the specification, as the builder writes it. */
export interface ConfigBlob {
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly created?: string
  readonly author?: string
  readonly config?: ContainerConfig
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly string[] }
  readonly history?: readonly HistoryEntry[]
}

export interface HistoryEntry {
  readonly created?: string
  readonly created_by?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}

export interface ContainerConfig {
  readonly User?: string
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[] | null
  readonly Cmd?: readonly string[] | null
  readonly WorkingDir?: string
  readonly ExposedPorts?: Readonly<Record<string, object>> | null
  readonly Volumes?: Readonly<Record<string, object>> | null
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly StopSignal?: string
  readonly Healthcheck?: Healthcheck
  readonly Shell?: readonly string[]
  readonly OnBuild?: readonly string[] | null
}

/** Durations in nanoseconds, as Docker stores them. */
export interface Healthcheck {
  readonly Test: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

/** Manifests larger than this are refused, as registries do. 4 MiB: distribution specification. */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024

/** A manifest or an index; told apart by content as well as by media type, because old images leave the type out. */
export type ParsedManifest =
  | { readonly kind: "manifest"; readonly manifest: Manifest }
  | { readonly kind: "index"; readonly index: Index }

/** Reads a manifest or index. Throws `ImageError` InvalidImage. `what` names it in the message. */
export function parseManifest(bytes: Uint8Array, mediaType: string, what: string): ParsedManifest {
  const json = parseObject(bytes, what)
  if (json["schemaVersion"] === 1) {
    throw new ImageError(
      "InvalidImage",
      `${what} is a Docker schema 1 manifest, which is obsolete; push the image again`,
    )
  }
  const type = typeof json["mediaType"] === "string" ? json["mediaType"] : mediaType
  if (Array.isArray(json["manifests"]) && json["layers"] === undefined) {
    return { kind: "index", index: { mediaType: type, manifests: json["manifests"].map((d) => descriptor(d, what)) } }
  }
  if (Array.isArray(json["layers"]) && json["manifests"] === undefined) {
    const layers = json["layers"].map((d) => descriptor(d, what))
    return { kind: "manifest", manifest: { mediaType: type, config: descriptor(json["config"], what), layers } }
  }
  throw new ImageError("InvalidImage", `${what} is neither an image manifest nor an index (media type ${type})`)
}

/** Reads a configuration blob. Throws `ImageError` InvalidImage. */
export function parseConfig(bytes: Uint8Array, what: string): ConfigBlob {
  const json = parseObject(bytes, what)
  const rootfs = json["rootfs"]
  const diffIds = isObject(rootfs) ? rootfs["diff_ids"] : undefined
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === "string" && isDigest(id))) {
    throw new ImageError("InvalidImage", `${what} has no valid rootfs.diff_ids, so it is not a container image`)
  }
  const config = json["config"]
  if (config !== undefined && config !== null && !isObject(config)) {
    throw new ImageError("InvalidImage", `${what}: config is not an object`)
  }
  checkContainerConfig(isObject(config) ? config : {}, what)
  return {
    ...json,
    architecture: text(json["architecture"]),
    os: text(json["os"]),
    config: isObject(config) ? config : {},
    rootfs: { type: "layers", diff_ids: diffIds },
  }
}

function checkContainerConfig(config: Readonly<Record<string, unknown>>, what: string): void {
  const fail = (field: string, expected: string): never => {
    throw new ImageError("InvalidImage", `${what}: config.${field} is not ${expected}`)
  }
  for (const field of ["Env", "Entrypoint", "Cmd", "Shell", "OnBuild"]) {
    const value = config[field] ?? []
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) fail(field, "a list of texts")
  }
  for (const field of ["User", "WorkingDir", "StopSignal"]) {
    if (typeof (config[field] ?? "") !== "string") fail(field, "a text")
  }
  for (const field of ["ExposedPorts", "Volumes", "Labels"]) {
    if (!isObject(config[field] ?? {})) fail(field, "an object")
  }
}

/** The part of a configuration that running a container needs. */
export function imageConfig(blob: ConfigBlob): ImageConfig {
  const config = blob.config ?? {}
  return {
    user: config.User ?? "",
    env: config.Env ?? [],
    entrypoint: config.Entrypoint ?? [],
    cmd: config.Cmd ?? [],
    workingDir: config.WorkingDir ?? "",
    exposedPorts: Object.keys(config.ExposedPorts ?? {}),
    volumes: Object.keys(config.Volumes ?? {}),
    labels: new Map(Object.entries(config.Labels ?? {}).map(([key, value]) => [key, String(value)])),
    stopSignal: config.StopSignal ?? "",
  }
}

/** The bytes under which a JSON value is stored. */
export function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function descriptor(value: unknown, what: string): Descriptor {
  if (
    !isObject(value) ||
    typeof value["digest"] !== "string" ||
    !isDigest(value["digest"]) ||
    !Number.isSafeInteger(value["size"]) ||
    Number(value["size"]) < 0
  ) {
    throw new ImageError(
      "InvalidImage",
      `${what} has a descriptor without a valid digest and size: ${JSON.stringify(value)}`,
    )
  }
  const platform = value["platform"]
  const annotations = value["annotations"]
  return {
    mediaType: text(value["mediaType"]),
    digest: value["digest"],
    size: Number(value["size"]),
    ...(isObject(platform)
      ? {
          platform: {
            os: text(platform["os"]),
            architecture: text(platform["architecture"]),
            ...(typeof platform["variant"] === "string" ? { variant: platform["variant"] } : {}),
          },
        }
      : {}),
    ...(isObject(annotations)
      ? { annotations: Object.fromEntries(Object.entries(annotations).map(([key, item]) => [key, String(item)])) }
      : {}),
  }
}

function parseObject(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"))
  } catch (cause) {
    throw new ImageError("InvalidImage", `${what} is not JSON`, { cause })
  }
  if (!isObject(json)) throw new ImageError("InvalidImage", `${what} is not a JSON object`)
  return json
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function text(value: unknown): string {
  return typeof value === "string" ? value : ""
}
