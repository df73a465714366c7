import type { ContainerId } from "../../runtime/runtime.ts"
import type { Environment } from "../environment.ts"
import { unlinkLog } from "./log-link.ts"

/** Takes a container of a pod out of the runtime, and out of sight of log collectors. Its log file stays. May be repeated. */
export async function removeContainer(
  { logDir, runtime, view }: Pick<Environment, "logDir" | "runtime" | "view">,
  podUid: string,
  id: ContainerId,
): Promise<void> {
  const status = view.of(podUid).containers.find((each) => each.id === id)
  await runtime.removeContainer(id)
  if (status !== undefined) unlinkLog(logDir, status)
  view.forgetContainer(podUid, id)
}
