import { int64, string, struct, time } from "../schema/fields.ts"
import type { TypeOf } from "../schema/schema.ts"

export const Condition = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.Condition",
  {
    type: string(1, { doc: "Which aspect, such as Ready.", required: true }),
    status: string(2, { doc: "True, False or Unknown.", required: true }),
    observedGeneration: int64(3, { doc: "The metadata.generation that the condition was made from." }),
    lastTransitionTime: time(4, { doc: "When the status last changed.", required: true }),
    reason: string(5, { doc: "Why, in one word for programs.", required: true }),
    message: string(6, { doc: "Why, in words for people.", required: true }),
  },
  { doc: "One aspect of an object's state." },
)
export type Condition = TypeOf<typeof Condition>
