import { posix } from "node:path"
import { messageOf } from "../../machinery/status/message-of.ts"
import { type ArchiveFile, isArchive, unpackArchive } from "./add-archive.ts"
import { type Download, download, isUrl } from "./add-url.ts"
import { cacheKey } from "./build-cache.ts"
import { type CopySource, findSources, type SourceRoot, sourceDigest } from "./copy-sources.ts"
import { at, expand, flag, type Instruction, jsonForm } from "./dockerfile.ts"
import { type WorkRootfs, withMountedLayers } from "./layer-work.ts"
import { parseMode, resolveOwner } from "./owner.ts"
import { addLayer, reuseLayer, type StageContext } from "./stage-context.ts"
import { booleanFlag } from "./stage-graph.ts"
import { TreeWriter } from "./tree-writer.ts"
import { expandHeredoc, splitWords } from "./words.ts"

/** What goes into the image, in the order in which it is written. */
type Item =
  | { readonly kind: "source"; readonly source: CopySource }
  | { readonly kind: "text"; readonly name: string; readonly content: string }
  | { readonly kind: "archive"; readonly archive: ArchiveFile }
  | { readonly kind: "download"; readonly file: Download }

interface Destination {
  /** Absolute. */
  readonly path: string
  /** Written as a directory. */
  readonly isDirectory: boolean
}

/** COPY and ADD. https://docs.docker.com/reference/dockerfile/#copy */
export async function copyInstruction(context: StageContext, instruction: Instruction): Promise<void> {
  const from = flag(instruction, "from")
  if (from === null) return copyFrom(context, instruction, context.contextRoot, [])
  // As long as the layers it copies from are the same, nobody needs to look at their files.
  const layers = await context.sourceLayers(instruction, from)
  const key = cacheKey({ ...common(context, instruction), layers, below: belowOf(context, instruction) })
  if (reuseLayer(context, key, instruction.text)) return
  await context.withSource(instruction, from, (root) => copyFrom(context, instruction, root, [key]))
}

async function copyFrom(
  context: StageContext,
  instruction: Instruction,
  root: SourceRoot,
  aliases: readonly string[],
): Promise<void> {
  const { args, destination } = argumentsOf(context, instruction)
  const items: Item[] = []
  for (const arg of args) items.push(...(await itemsOf(context, instruction, root, arg)))
  const several = items.length > 1 || args.length > 1
  if (several && !destination.isDirectory) {
    throw at(instruction, `there are several sources, so the destination must end with a /`)
  }
  const ownership = { chown: ownerText(context, instruction), chmod: modeText(context, instruction) }
  const mode = guarded(instruction, () => (ownership.chmod === null ? null : parseMode(ownership.chmod)))
  const detached = booleanFlag(instruction, "link")
  // What is made on top of nothing has no user database of its own.
  const owner = detached && ownership.chown !== null ? await ownerBelow(context, instruction, ownership.chown) : null
  const entry = await addLayer(context, {
    createdBy: instruction.text,
    inputs: { instruction: "copy", destination, ownership, owner, items: items.map(itemKey) },
    steadyDirectories: true,
    detached,
    work: async (rootfs) => {
      try {
        const { chown } = ownership
        const resolved = owner ?? (chown === null ? null : resolveOwner(rootfs.merged, chown))
        const writer = new TreeWriter(rootfs.merged, { owner: resolved, mode })
        for (const item of items) await write(context, writer, rootfs, item, destination)
        writer.finish()
      } catch (error) {
        throw at(instruction, messageOf(error), error)
      }
    },
  })
  for (const alias of aliases) context.build.cache.put(alias, entry)
}

async function write(
  context: StageContext,
  writer: TreeWriter,
  rootfs: WorkRootfs,
  item: Item,
  destination: Destination,
): Promise<void> {
  const into = destination.isDirectory || writer.isDirectory(destination.path)
  const place = (name: string) => (into ? posix.join(destination.path, name) : destination.path)
  switch (item.kind) {
    case "source":
      if (item.source.isDirectory) writer.copy(item.source, destination.path)
      else writer.copy(item.source, place(item.source.name))
      return
    case "text":
      return writer.write(place(item.name), item.content, 0o644, 0)
    case "download":
      return writer.write(place(item.file.name), item.file.content, 0o600, item.file.mtime)
    case "archive":
      writer.directory(destination.path)
      return unpackArchive(context.build, item.archive, rootfs.merged, destination.path)
  }
}

function ownerBelow(context: StageContext, instruction: Instruction, chown: string) {
  const { store } = context.build
  return withMountedLayers(store, context.draft.lowers, async (root) =>
    guarded(instruction, () => resolveOwner(root, chown)),
  )
}

async function itemsOf(
  context: StageContext,
  instruction: Instruction,
  root: SourceRoot,
  arg: string,
): Promise<Item[]> {
  const heredoc = heredocOf(instruction, arg)
  if (heredoc) {
    const { escape } = instruction
    const expanded = () => expandHeredoc(heredoc.content, { escape, lookup: context.lookup })
    const content = heredoc.expand ? guarded(instruction, expanded) : heredoc.content
    return [{ kind: "text", name: heredoc.name, content }]
  }
  if (isUrl(arg)) {
    if (instruction.keyword === "COPY") throw at(instruction, "COPY takes no URL; use ADD")
    return [{ kind: "download", file: await download(context.build, instruction, arg) }]
  }
  const sources = guarded(instruction, () => findSources(root, arg))
  const items: Item[] = []
  for (const source of sources) {
    const archive = instruction.keyword === "ADD" ? await isArchive(source) : null
    items.push(archive ? { kind: "archive", archive } : { kind: "source", source })
  }
  return items
}

function argumentsOf(context: StageContext, instruction: Instruction): { args: string[]; destination: Destination } {
  const raw = jsonForm(instruction) ?? guarded(instruction, () => splitWords(instruction.rest, instruction.escape))
  const args = raw.map((word) => (heredocOf(instruction, word) ? word : expand(instruction, word, context.lookup)))
  const last = args.pop()
  if (last === undefined || args.length === 0) throw at(instruction, "it needs at least one source and a destination")
  const path = posix.resolve(context.draft.workdir, last)
  return { args, destination: { path, isDirectory: /(?:^|\/)\.{0,2}$/.test(last) } }
}

function heredocOf(instruction: Instruction, word: string) {
  const name = /^<<-?(["']?)([a-zA-Z_][a-zA-Z0-9_.]*)\1$/.exec(word)?.[2]
  return name === undefined ? undefined : instruction.heredocs.find((heredoc) => heredoc.name === name)
}

function itemKey(item: Item): unknown {
  switch (item.kind) {
    case "source":
      return [item.source.isDirectory ? "" : item.source.name, sourceDigest(item.source)]
    case "text":
      return [item.name, item.content]
    case "download":
      return [item.file.name, item.file.digest, item.file.mtime]
    case "archive":
      return ["unpack", sourceDigest(item.archive.source)]
  }
}

function common(context: StageContext, instruction: Instruction): Readonly<Record<string, unknown>> {
  const { args, destination } = argumentsOf(context, instruction)
  const ownership = { chown: ownerText(context, instruction), chmod: modeText(context, instruction) }
  return { instruction: "copy from layers", args, destination, ownership, epoch: context.build.sourceDateEpoch }
}

function belowOf(context: StageContext, instruction: Instruction): readonly string[] {
  return booleanFlag(instruction, "link") ? [] : context.draft.diffIds
}

function ownerText(context: StageContext, instruction: Instruction): string | null {
  const text = flag(instruction, "chown")
  return text === null ? null : expand(instruction, text, context.lookup)
}

function modeText(context: StageContext, instruction: Instruction): string | null {
  const text = flag(instruction, "chmod")
  return text === null ? null : expand(instruction, text, context.lookup)
}

function guarded<T>(instruction: Instruction, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw at(instruction, messageOf(error), error)
  }
}
