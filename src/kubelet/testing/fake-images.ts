import { ImageError, type ImageStatus, type ImageStore } from "../../images/images.ts"

/** Images by name, and what pulling gives. */
export interface FakeImages
  extends Pick<ImageStore, "status" | "pull" | "list" | "resolve" | "remove" | "fsInfo" | "collectGarbage"> {
  readonly present: Set<string>
  /** By name: the error that pulling gives. Everything else can be pulled. */
  readonly broken: Map<string, ImageError>
  readonly pulls: string[]
  onRemove: () => void
}

export function createFakeImages(...names: readonly string[]): FakeImages {
  const present = new Set(names)
  const broken = new Map<string, ImageError>()
  const pulls: string[] = []
  const find = (ref: string) => [...present].find((name) => name === ref || idOf(name) === ref) ?? ref
  const images: FakeImages = {
    present,
    broken,
    pulls,
    onRemove() {},
    resolve: async (ref) => (present.has(ref) ? idOf(ref) : null),
    async status(ref) {
      if (/[A-Z\s]/.test(ref)) throw new ImageError("InvalidReference", `invalid reference ${ref}`)
      return present.has(ref) ? status(ref) : null
    },
    list: async () => [...present].map(status),
    async pull(ref) {
      pulls.push(ref)
      const error = broken.get(ref)
      if (error !== undefined) throw error
      present.add(ref)
      return status(ref)
    },
    async remove(ref) {
      const name = find(ref)
      present.delete(name)
      images.onRemove()
      return { untagged: [name], deleted: [idOf(name)] }
    },
    collectGarbage: async () => ({ blobs: 0, layers: 0, freedBytes: 0, skipped: false }),
    fsInfo: async () => ({
      mountpoint: "/",
      usedBytes: 1000,
      inodesUsed: 1,
      capacityBytes: 100_000,
      availableBytes: 50_000,
      inodes: 1000,
      inodesFree: 900,
    }),
  }
  return images
}

function idOf(ref: string): string {
  return `sha256:${Buffer.from(ref).toString("hex").padEnd(64, "0").slice(0, 64)}`
}

function status(ref: string): ImageStatus {
  return {
    id: idOf(ref),
    repoTags: [ref],
    repoDigests: [],
    sizeBytes: 1234,
    createdMs: 0,
    uid: null,
    username: "",
    manifestDigest: idOf(ref),
    platform: { os: "linux", architecture: "amd64" },
    config: {
      user: "",
      env: [],
      entrypoint: [],
      cmd: [],
      workingDir: "",
      exposedPorts: [],
      volumes: [],
      labels: new Map(),
      stopSignal: "",
    },
  }
}
