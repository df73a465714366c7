import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Access, type PullSource, withSource } from "./image-access.ts"
import { withoutTag } from "./verification.ts"

/**
 * With which credentials images were pulled, on disk: whoever brings none of them has to show the registry that they may
 * have the image, though it is here. https://kubernetes.io/docs/concepts/containers/images/#ensureimagepullcredentialverification
 */
export interface PullRecords {
  /** Undefined when no kubelet has pulled the image: then somebody brought it here for everyone. */
  of(imageId: string, image: string): Access | undefined
  /** Before a pull: an image that appears afterwards was not brought by anyone else, even if this process ends. */
  begin(image: string): void
  pulled(imageId: string, image: string, source: PullSource | undefined): void
  failed(image: string): void
  /** The image is used by somebody else whose secret is as good. */
  add(imageId: string, image: string, source: PullSource): void
  /** The images of which something is recorded. */
  imageIds(): readonly string[]
  forget(imageId: string): void
}

/** `folder` may be shared by all nodes that share an image store. */
export function createPullRecords(folder: string): PullRecords {
  const [pulled, pulling] = [join(folder, "pulled"), join(folder, "pulling")]
  for (const each of [pulled, pulling]) mkdirSync(each, { recursive: true, mode: 0o700 })
  const intentOf = (image: string) => join(pulling, hashOf(image))
  const fileOf = (imageId: string) => join(pulled, imageId.replace(":", "-"))

  const read = (imageId: string): Record<string, Access> | undefined => {
    const file = fileOf(imageId)
    if (!existsSync(file)) return undefined
    try {
      return Object.assign(Object.create(null), JSON.parse(readFileSync(file, "utf8"))) as Record<string, Access>
    } catch {
      // It was pulled, but nobody knows any more by whom: everyone has to ask the registry.
      return Object.create(null) as Record<string, Access>
    }
  }
  const write = (imageId: string, image: string, source: PullSource | undefined): void => {
    const all = read(imageId) ?? (Object.create(null) as Record<string, Access>)
    const repository = repositoryOf(image)
    all[repository] = withSource(all[repository], source)
    const file = fileOf(imageId)
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(all), { mode: 0o600 })
    renameSync(`${file}.${process.pid}`, file)
  }
  return {
    of(imageId, image) {
      const all = read(imageId)
      if (all === undefined) return existsSync(intentOf(image)) ? { secrets: [] } : undefined
      return all[repositoryOf(image)] ?? { secrets: [] }
    },
    begin: (image) => writeFileSync(intentOf(image), image, { mode: 0o600 }),
    pulled(imageId, image, source) {
      write(imageId, image, source)
      rmSync(intentOf(image), { force: true })
    },
    failed: (image) => rmSync(intentOf(image), { force: true }),
    add: write,
    imageIds: () => readdirSync(pulled).map((name) => name.replace("-", ":")),
    forget: (imageId) => rmSync(fileOf(imageId), { force: true }),
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}

/** `nginx:1` and `docker.io/library/nginx@sha256:…` are the same. */
export function repositoryOf(image: string): string {
  const untagged = withoutTag(image)
  const [host = "", ...rest] = untagged.split("/")
  if (rest.length === 0) return `docker.io/library/${host}`
  return /[.:]|^localhost$/.test(host) ? untagged : `docker.io/${untagged}`
}
