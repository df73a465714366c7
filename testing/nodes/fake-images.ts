import { createHash } from "node:crypto"
import { ImageError, type ImageStatus } from "../../src/images/images.ts"
import type { ImageEnvironment } from "../../src/kubelet/image/ensure-image.ts"
import type { Clock } from "../../src/platform/clock.ts"
import { msOf } from "../duration.ts"
import type { Stages } from "./stages.ts"

/** Images as stages describe them: here already, or slow to come, or not to be had. */
export interface FakeImages extends Pick<ImageEnvironment["images"], "status" | "pull"> {
  /** From now on an image behaves like this. */
  follow(image: string, stages: Stages): void
  readonly pullRecords: ImageEnvironment["pullRecords"]
}

const CONFIG: ImageStatus["config"] = {
  user: "",
  env: [],
  entrypoint: [],
  cmd: [],
  workingDir: "",
  exposedPorts: [],
  volumes: [],
  labels: new Map(),
  stopSignal: "",
}
const SIZE_BYTES = 10_000_000

export function fakeImages(clock: Clock): FakeImages {
  const stagesOf = new Map<string, Stages>()
  const pulled = new Set<string>()
  return {
    follow: (image, stages) => void stagesOf.set(image, stages),
    status(image) {
      const { pull, pullError } = stagesOf.get(image) ?? {}
      const isHere = pulled.has(image) || (pull === undefined && pullError === undefined)
      return Promise.resolve(isHere ? statusOf(image) : null)
    },
    async pull(image, { signal } = {}) {
      const { pull = 0, pullError } = stagesOf.get(image) ?? {}
      if (msOf(pull) > 0) await clock.sleep(msOf(pull), signal)
      if (pullError !== undefined) throw new ImageError("Unreachable", pullError)
      pulled.add(image)
      return statusOf(image)
    },
    pullRecords: {
      of: () => undefined,
      begin: () => undefined,
      pulled: () => undefined,
      failed: () => undefined,
      add: () => undefined,
    },
  }
}

/** The same name is always the same image. */
export const imageId = (image: string): string => `sha256:${createHash("sha256").update(image).digest("hex")}`

function statusOf(image: string): ImageStatus {
  return {
    id: imageId(image),
    repoTags: [image],
    repoDigests: [],
    sizeBytes: SIZE_BYTES,
    createdMs: 0,
    uid: null,
    username: "",
    manifestDigest: imageId(image),
    platform: { os: "linux", architecture: "amd64" },
    config: CONFIG,
  }
}
