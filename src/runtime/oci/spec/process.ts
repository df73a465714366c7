import type { ContainerConfig } from "../../container.ts"
import { RuntimeError } from "../../errors.ts"

/** What an image says about running it: the part of `ImageConfig` that matters here. */
export interface ImageDefaults {
  readonly user: string
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly workingDir: string
  readonly stopSignal: string
}

/** The program and its arguments. A command replaces the image's entrypoint and drops the image's own arguments. */
export function processArgs(config: Pick<ContainerConfig, "command" | "args">, image: ImageDefaults): string[] {
  const { command, args } = config
  const all =
    command.length > 0 ? [...command, ...args] : [...image.entrypoint, ...(args.length > 0 ? args : image.cmd)]
  if (all.length === 0) {
    throw new RuntimeError("InvalidArgument", "no command specified: neither the container nor its image names one")
  }
  return all
}

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/** `NAME=value` each, every name once: the container's own win over the image's, which win over ours. */
export function processEnv(
  config: Pick<ContainerConfig, "envs" | "tty">,
  image: ImageDefaults,
  hostname: string,
): string[] {
  const env = new Map<string, string>()
  const add = (entry: string) => {
    const name = entry.split("=", 1)[0] ?? entry
    env.delete(name)
    env.set(name, entry)
  }
  add(DEFAULT_PATH)
  add(`HOSTNAME=${hostname}`)
  if (config.tty) add("TERM=xterm")
  for (const entry of image.env) if (entry.includes("=")) add(entry)
  for (const { name, value } of config.envs) add(`${name}=${value}`)
  return [...env.values()]
}

export function processCwd(config: Pick<ContainerConfig, "workingDir">, image: ImageDefaults): string {
  return config.workingDir || image.workingDir || "/"
}
