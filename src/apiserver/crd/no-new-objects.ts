import { forbidden } from "../../machinery/status/errors.ts"
import type { AdmissionPlugin } from "../admission/plugin.ts"

/** Refuses new objects of a definition that is going away: they would outlive it. */
export const noNewObjects: AdmissionPlugin = {
  name: "CustomResourceDefinitionTerminating",
  mutate: ({ operation, resource, name }) => {
    if (operation !== "CREATE" || !resource.ending) return
    const of = { group: resource.group, resource: resource.plural }
    throw forbidden(of, name, "create not allowed while custom resource definition is terminating")
  },
}
