import type { Step } from "../step.ts"
import { changeSteps } from "./change.ts"
import { containerSteps } from "./containers.ts"
import { createSteps } from "./create.ts"
import { deleteSteps } from "./delete.ts"
import { faultSteps } from "./faults.ts"
import { nodeSteps } from "./nodes.ts"
import { ruleSteps } from "./rules.ts"

/** What every simulation does. */
export const workloadSteps: readonly Step[] = [...createSteps, ...changeSteps, ...ruleSteps]

/** What only some do, so that others see what happens without it. */
export const optionalSteps: readonly (readonly Step[])[] = [deleteSteps, nodeSteps, containerSteps, faultSteps]
