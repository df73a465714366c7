import { Namespace } from "../../api/core/v1/namespace.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { isAlreadyExists, isNotFound } from "../../machinery/status/predicates.ts"
import { defineController } from "../define-controller.ts"

/** Gives every namespace its `default` service account, also when somebody deletes it. */
export const serviceAccountController = defineController({
  name: "service-account-controller",
  reads: [Namespace, ServiceAccount],
  writes: [{ resource: ServiceAccount, verbs: ["create"] }],
  start(context) {
    const namespaces = context.informer(Namespace)
    const accounts = context.informer(ServiceAccount)
    context.enqueueOn(Namespace)
    context.enqueueOn(ServiceAccount, ({ type, object }) => (type === "deleted" ? [object.metadata.namespace] : []))
    return async (name) => {
      const namespace = namespaces.get(name)
      if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return
      if (accounts.get(`${name}/default`) !== undefined) return
      try {
        await context.client.of(ServiceAccount).create({ metadata: { name: "default", namespace: name } })
      } catch (error) {
        // The namespace may have been deleted meanwhile.
        if (!isAlreadyExists(error) && !isNotFound(error)) throw error
      }
    }
  },
})
