import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from "node:fs"
import { pipeline } from "node:stream/promises"
import { readArguments } from "../cli/arguments.ts"
import { textTable } from "../cli/text-table.ts"
import { UserError } from "../cli/user-error.ts"
import { createImageStore } from "../images/image-store.ts"
import { type ImageStore, isImageError } from "../images/images.ts"
import { humanDuration } from "../machinery/time/human.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { socketOf } from "../runtime/containerd/endpoint.ts"
import { layoutOf } from "./cluster/layout.ts"
import { DEFAULT_CLUSTER, needRecord } from "./cluster/record.ts"

const name = { type: "string", default: DEFAULT_CLUSTER } as const
const EVERY = { min: 1, max: Number.POSITIVE_INFINITY, what: "IMAGE…" }

export async function images(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { name })
  const nowMs = createNodePlatform().clock.nowMs()
  const list = await openStore(values.name).list()
  const rows = list.flatMap((image) => {
    const names = image.repoTags.length > 0 ? image.repoTags : [image.repoDigests[0] ?? "<none>"]
    const created = image.createdMs === 0 ? "unknown" : `${humanDuration(nowMs - image.createdMs)} ago`
    const id = image.id.replace("sha256:", "").slice(0, 12)
    return names.map((tag) => [tag, id, created, megabytes(image.sizeBytes)])
  })
  console.log(textTable(["NAME", "ID", "CREATED", "SIZE"], rows))
  return 0
}

export async function rmi(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { name }, EVERY)
  const store = openStore(values.name)
  let code = 0
  for (const image of positionals) {
    const { untagged, deleted } = await explained(store.remove(image))
    if (untagged.length + deleted.length === 0) {
      console.error(`gantry: found no image "${image}"`)
      code = 1
    }
    for (const tag of untagged) console.log(`Untagged: ${tag}`)
    for (const id of deleted) console.log(`Deleted: ${id}`)
  }
  return code
}

export async function save(args: readonly string[]): Promise<number> {
  const options = { name, output: { type: "string", short: "o" }, format: { type: "string", default: "oci" } } as const
  const { values, positionals } = readArguments(args, options, EVERY)
  const { output, format } = values
  if (output === undefined) throw new UserError("found no -o FILE, expected the archive to write", { exitCode: 2 })
  if (format !== "oci" && format !== "docker") {
    throw new UserError(`--format: found "${format}", expected oci or docker`, { exitCode: 2 })
  }
  const unfinished = `${output}.unfinished`
  try {
    await explained(pipeline(openStore(values.name).save(positionals, { format }), createWriteStream(unfinished)))
    renameSync(unfinished, output)
  } finally {
    rmSync(unfinished, { force: true })
  }
  return 0
}

export async function load(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { name, input: { type: "string", short: "i" } })
  const { input } = values
  if (input === undefined) throw new UserError("found no -i FILE, expected the archive to read", { exitCode: 2 })
  if (!existsSync(input)) throw new UserError(`found no file ${input}`)
  for (const image of await explained(openStore(values.name).load(createReadStream(input)))) {
    for (const loaded of image.repoTags.length > 0 ? image.repoTags : [image.id]) console.log(`Loaded: ${loaded}`)
  }
  return 0
}

function openStore(cluster: string): ImageStore {
  const record = needRecord(cluster)
  if (record.runtime !== undefined) {
    const socket = record.runtime.imageEndpoint ?? record.runtime.endpoint
    const text = `the images of cluster "${cluster}" are those of the runtime at ${socket}. With containerd's own tool: ctr --address ${socketOf(socket)} --namespace k8s.io images`
    throw new UserError(text)
  }
  const { imagesDir } = layoutOf(record)
  return createImageStore({ dir: imagesDir, platform: createNodePlatform() })
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isImageError(error)) throw new UserError(error.message, { cause: error })
    throw error
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`
