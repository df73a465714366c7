import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { readArguments } from "../cli/arguments.ts"
import { formatMs } from "../cli/progress.ts"
import { UserError } from "../cli/user-error.ts"
import { buildImage } from "../images/builder/build-image.ts"
import { createImageStore } from "../images/image-store.ts"
import { isImageError } from "../images/images.ts"
import { createNodePlatform } from "../platform/node/platform.ts"
import { BuildProgress } from "./build/build-progress.ts"
import { buildRunner } from "./build/oci-run-step.ts"
import { layoutOf } from "./cluster/layout.ts"
import { DEFAULT_CLUSTER, needRecord } from "./cluster/record.ts"
import { untilStopped } from "./until-stopped.ts"

const options = {
  name: { type: "string", default: DEFAULT_CLUSTER },
  tag: { type: "string", short: "t", multiple: true },
  file: { type: "string", short: "f" },
  target: { type: "string" },
  "build-arg": { type: "string", multiple: true },
  secret: { type: "string", multiple: true },
  "no-cache": { type: "boolean", default: false },
} as const

export async function build(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, options, { min: 1, max: 1, what: "FOLDER" })
  const context = resolve(positionals[0] ?? ".")
  const tags = values.tag ?? []
  const layout = layoutOf(needRecord(values.name))
  const platform = createNodePlatform()
  const beganMs = platform.clock.monotonicMs()
  const store = createImageStore({ dir: layout.imagesDir, platform, proxyEnv: process.env })
  const progress = new BuildProgress((line) => console.error(line))
  const stopped = new AbortController()
  void untilStopped().then(() => stopped.abort(new UserError("stopped; the finished steps are in the cache")))
  try {
    const { id } = await buildImage({
      store,
      platform,
      context,
      dockerfile: values.file === undefined ? join(context, "Dockerfile") : resolve(values.file),
      tags,
      target: values.target,
      buildArgs: readBuildArgs(values["build-arg"] ?? []),
      secrets: readSecrets(values.secret ?? []),
      noCache: values["no-cache"],
      run: buildRunner(layout, platform),
      onProgress: progress.event,
      signal: stopped.signal,
    })
    progress.finish()
    const what = tags.length === 0 ? "an image without a name" : tags.join(", ")
    console.error(`Built ${what} in ${formatMs(platform.clock.monotonicMs() - beganMs)}`)
    console.log(id)
    return 0
  } catch (error) {
    progress.finish()
    if (isImageError(error)) throw new UserError(error.message, { cause: error })
    throw error
  } finally {
    store.close()
  }
}

/** `NAME=VALUE`, or `NAME` for the variable of this environment. */
function readBuildArgs(args: readonly string[]): Map<string, string> {
  const result = new Map<string, string>()
  for (const arg of args) {
    const equals = arg.indexOf("=")
    const name = equals < 0 ? arg : arg.slice(0, equals)
    if (name === "") throw new UserError(`--build-arg: found "${arg}", expected NAME=VALUE`, { exitCode: 2 })
    const value = equals < 0 ? process.env[name] : arg.slice(equals + 1)
    if (value !== undefined) result.set(name, value)
  }
  return result
}

/** `id=ID,src=FILE`. */
function readSecrets(args: readonly string[]): Map<string, string> {
  return new Map(
    args.map((arg) => {
      const fields = new Map(arg.split(",").map((part) => [part.replace(/=.*$/s, ""), part.replace(/^[^=]*=/s, "")]))
      const [id, file] = [fields.get("id"), fields.get("src") ?? fields.get("source")]
      if (id === undefined || file === undefined) {
        throw new UserError(`--secret: found "${arg}", expected id=ID,src=FILE`, { exitCode: 2 })
      }
      if (!existsSync(file)) throw new UserError(`--secret ${id}: found no file ${file}`)
      return [id, resolve(file)]
    }),
  )
}
