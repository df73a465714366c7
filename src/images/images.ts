/**
 * The port to container images: what the kubelet, the runtime and the command line may ask of the image store of a
 * machine. One store serves the builder, the registry client and every agent of the machine at once, also from several
 * processes. Implementation: `createImageStore` in `image-store.ts`.
 *
 * Wherever a method takes `ref`, it accepts what people and Kubernetes write: a short name (`nginx`, meaning
 * `docker.io/library/nginx:latest`), a full one, `name@sha256:…`, an image id (`sha256:…`, the digest of the image's
 * configuration) or a unique prefix of an id of at least 12 hexadecimal digits.
 */
export interface ImageStore {
  /** The image id (`sha256:…`) that `ref` names on this machine, or null when it is not here. */
  resolve(ref: string): Promise<string | null>
  /** What is known about an image, or null when it is not here. */
  status(ref: string): Promise<ImageStatus | null>
  /** Every image that has at least one name or is pinned, newest first. */
  list(): Promise<readonly ImageStatus[]>

  /**
   * Downloads an image, verifies every digest and unpacks its layers. May be retried: what has been downloaded is not
   * fetched again. Throws `ImageError`.
   */
  pull(ref: string, options?: PullOptions): Promise<ImageStatus>
  /** Uploads an image that is here to the registry in its name. Throws `ImageError`. */
  push(ref: string, options?: PushOptions): Promise<{ readonly digest: string }>
  /** Gives an image a further name; the name moves when another image had it. Throws `ImageError` NotFound. */
  tag(ref: string, name: string): Promise<void>
  /**
   * Removes the name `ref`; with an image id all its names. What nothing refers to any more is deleted from disk, except
   * what a pin still holds. Removing what is not here succeeds with empty lists.
   */
  remove(ref: string): Promise<RemovedImage>

  /**
   * Makes sure every layer of an image is unpacked and returns their directories, ready for an overlay mount.
   * Quick when they are. Throws `ImageError` NotFound when the image is not here.
   */
  prepareRootfs(ref: string, options?: PrepareOptions): Promise<PreparedRootfs>
  /** Releases a pin. Releasing what is not pinned succeeds. */
  unpin(name: string): Promise<void>
  /** All pins, so that an agent can release what it forgot about when it was killed. */
  pins(): Promise<readonly Pin[]>

  /**
   * Reads an OCI-layout or docker-save tar (plain, gzip or zstd) and stores its images. Returns them with the names that
   * the archive gives them, not those they have besides. Throws `ImageError`.
   */
  load(archive: AsyncIterable<Uint8Array>, options?: LoadOptions): Promise<readonly ImageStatus[]>
  /** Writes images as one tar. `oci` archives are also readable by docker (they carry a `manifest.json`). */
  save(refs: readonly string[], options?: SaveOptions): AsyncIterable<Uint8Array>

  /** Deletes blobs, layers and stale temporary files that nothing refers to. Skips when another process is writing. */
  collectGarbage(): Promise<GarbageCollected>
  /** Space used by images, and the file system they are on. */
  fsInfo(): Promise<ImageFsInfo>
}

/**
 * What a kubelet needs of the images of its runtime. Ours are in an `ImageStore`; other runtimes have their own, of which
 * less can be known.
 */
export interface NodeImages {
  status(ref: string): Promise<NodeImage | null>
  list(): Promise<readonly NodeImage[]>
  pull(ref: string, options?: Pick<PullOptions, "auth" | "signal">): Promise<NodeImage>
  remove(ref: string): Promise<unknown>
  collectGarbage(): Promise<unknown>
  fsInfo(): Promise<ImageFsInfo>
}

export interface NodeImage
  extends Pick<ImageStatus, "id" | "repoDigests" | "repoTags" | "sizeBytes" | "uid" | "username"> {
  /** The runtime needs it itself: it is not to be removed, used or not. */
  readonly pinned?: boolean
}

/** A pin keeps an image and its unpacked layers on disk whatever happens to its names. */
export interface Pin {
  /** Chosen by the holder, unique per machine, for instance the container id. */
  readonly name: string
  readonly imageId: string
}

export interface PrepareOptions {
  /**
   * Pins the image under this name until `unpin`. A container must pin its image for as long as its root file system
   * is mounted. `[A-Za-z0-9._-]`, at most 200 characters.
   */
  readonly pin?: string
  readonly signal?: AbortSignal
}

export interface PreparedRootfs {
  readonly imageId: string
  /**
   * Absolute directories, topmost layer first, at least one: the order that overlayfs' `lowerdir=` wants.
   * Use `overlayLowerOption` from `layers/overlay-lower.ts` to fit long lists into one mount call.
   */
  readonly lowerDirs: readonly string[]
  readonly config: ImageConfig
}

/** What an image says about running it. Absent lists are empty, absent texts are "". */
export interface ImageConfig {
  readonly user: string
  /** `NAME=value` each. */
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly workingDir: string
  /** `80/tcp` each. */
  readonly exposedPorts: readonly string[]
  readonly volumes: readonly string[]
  readonly labels: ReadonlyMap<string, string>
  /** `SIGTERM`, `15` or "". */
  readonly stopSignal: string
}

export interface ImageStatus {
  /** `sha256:…`, the digest of the image's configuration: what Kubernetes calls the image id. */
  readonly id: string
  /** Full names, `docker.io/library/nginx:latest`. */
  readonly repoTags: readonly string[]
  /** `docker.io/library/nginx@sha256:…`, the digest being that of the manifest or index that was pulled. */
  readonly repoDigests: readonly string[]
  /** Bytes of its blobs as stored (what containerd reports as the image's size). */
  readonly sizeBytes: number
  /** Milliseconds since the epoch, 0 when the image does not say. */
  readonly createdMs: number
  /** The numeric user of the configuration, when it is a number. */
  readonly uid: number | null
  /** The user name of the configuration without group, when it is not a number; "" when none is given. */
  readonly username: string
  /** Digest of the image manifest for this machine's platform. */
  readonly manifestDigest: string
  readonly platform: ImagePlatform
  readonly config: ImageConfig
}

/** As in OCI: `linux`, `amd64`, `v8`. */
export interface ImagePlatform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** One set of credentials for a registry. */
export interface RegistryCredentials {
  readonly username?: string
  readonly password?: string
  /** An OAuth2 refresh token that is exchanged at the token server instead of user name and password. */
  readonly identityToken?: string
  /** A bearer token that is sent as it is. */
  readonly registryToken?: string
}

/** The pod that an image is for. */
export interface ImageUser {
  readonly namespace: string
  readonly podName: string
  readonly podUid: string
  /** Empty: it has none, as pods from files. */
  readonly serviceAccount: string
}

/** What a service account is to who gives credentials. Rejects when there is no such account. */
export type AccountFor = (
  user: ImageUser,
  audience: string,
) => Promise<{
  readonly uid: string
  readonly annotations: ReadonlyMap<string, string>
  /** One for the audience, bound to the pod. */
  readonly token: () => Promise<string>
}>

/** Credentials that a plugin gave. */
export interface ProvidedCredentials {
  readonly credentials: RegistryCredentials
  /** They are for this service account; absent: for everyone on the node. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string; readonly uid: string }
}

/** Asks plugins for credentials for an image. Never rejects. */
export type CredentialProviders = (image: string, user: ImageUser) => Promise<readonly ProvidedCredentials[]>

export interface PullOptions {
  /** Tried in this order; anonymous when empty. `credentialsFor` in `registry/pull-secrets.ts` finds them as the kubelet does. */
  readonly auth?: readonly RegistryCredentials[]
  /** Default: the platform of the store. */
  readonly platform?: ImagePlatform
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: PullProgress) => void
}

export interface PushOptions {
  readonly auth?: readonly RegistryCredentials[]
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: PullProgress) => void
}

export interface PullProgress {
  readonly digest: string
  readonly phase: "downloading" | "uploading" | "unpacking" | "exists" | "done"
  readonly doneBytes: number
  /** 0 when unknown. */
  readonly totalBytes: number
}

export interface LoadOptions {
  readonly signal?: AbortSignal
}

export interface SaveOptions {
  /** Default `oci`. */
  readonly format?: "oci" | "docker"
  readonly signal?: AbortSignal
}

export interface RemovedImage {
  readonly untagged: readonly string[]
  /** Ids of images that lost their last name. */
  readonly deleted: readonly string[]
}

export interface GarbageCollected {
  readonly blobs: number
  readonly layers: number
  readonly freedBytes: number
  /** True when another process was writing, so nothing was deleted. */
  readonly skipped: boolean
}

export interface ImageFsInfo {
  readonly mountpoint: string
  readonly usedBytes: number
  readonly inodesUsed: number
  readonly capacityBytes: number
  readonly availableBytes: number
  readonly inodes: number
  readonly inodesFree: number
}

/**
 * - `InvalidReference`: the name cannot be parsed.
 * - `NotFound`: the image (here), or the repository, tag or digest (at the registry) does not exist.
 * - `Unauthorized`: the registry wants other credentials.
 * - `Unreachable`: no connection, DNS or TLS failure, or the registry kept failing with 429 or 5xx.
 * - `DigestMismatch`: the content is not what its digest or size says.
 * - `NoMatchingPlatform`: the image has no variant for this machine.
 * - `InvalidImage`: a manifest, configuration, layer or archive is malformed or uses something unsupported.
 * - `BuildFailed`: an instruction of a Dockerfile failed or is wrong.
 */
export type ImageErrorCode =
  | "InvalidReference"
  | "NotFound"
  | "Unauthorized"
  | "Unreachable"
  | "DigestMismatch"
  | "NoMatchingPlatform"
  | "InvalidImage"
  | "BuildFailed"

/** The one error of the image subsystem. The kubelet shows `message` in ErrImagePull; decide by `code`, never by text. */
export class ImageError extends Error {
  readonly code: ImageErrorCode
  constructor(code: ImageErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = "ImageError"
    this.code = code
  }
}

/** Whether an error is an `ImageError`, with that code when one is given. */
export function isImageError(error: unknown, code?: ImageErrorCode): error is ImageError {
  return error instanceof ImageError && (code === undefined || error.code === code)
}
