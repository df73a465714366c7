import type { Processes } from "../../../platform/processes.ts"

/**
 * Mounts by the program mount(8), which knows every option and starts the helper programs of network file systems.
 * Throws Kubernetes' message with what the program said.
 */
export async function runMount(
  processes: Pick<Processes, "run">,
  request: {
    readonly source: string
    readonly target: string
    readonly type?: string
    readonly options: readonly string[]
  },
): Promise<void> {
  const { options, source, target, type } = request
  const args = [
    ...(type === undefined ? [] : ["-t", type]),
    ...(options.length === 0 ? [] : ["-o", options.join(",")]),
    source,
    target,
  ]
  const { code, stderr, stdout } = await processes.run("mount", args)
  if (code === 0) return
  throw new Error(
    `mount failed: exit status ${code ?? "unknown"}\nMounting command: mount\nMounting arguments: ${args.join(" ")}\nOutput: ${stdout}${stderr}`,
  )
}

/**
 * A bind mount with options of its own. The kernel takes them in a second step only; nothing stays mounted when that
 * fails, as `undo` is called.
 */
export async function runBindMount(
  processes: Pick<Processes, "run">,
  request: { readonly source: string; readonly target: string; readonly options: readonly string[] },
  undo: () => void,
): Promise<void> {
  const { options, source, target } = request
  await runMount(processes, { source, target, options: ["bind"] })
  const own = options.filter((option) => option !== "bind" && option !== "defaults")
  if (own.length === 0) return
  try {
    await runMount(processes, { source, target, options: ["bind", "remount", ...own] })
  } catch (error) {
    undo()
    throw error
  }
}
