import type { ControllerRole } from "../../apiserver/authorization/default-roles.ts"
import type { ControllerDefinition } from "../../controllers/define-controller.ts"

/** What a controller may do: read what it reads, write what it writes, and record events. Nothing else. */
export function controllerRole({ name, reads, writes, rights = [] }: ControllerDefinition): ControllerRole {
  return {
    name,
    rules: [
      ...reads.map(({ group, plural }) => ({
        apiGroups: [group],
        resources: [plural],
        verbs: ["get", "list", "watch"],
      })),
      ...writes.map(({ resource, subresource, verbs }) => ({
        apiGroups: [resource.group],
        resources: [subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`],
        verbs: [...verbs],
      })),
      ...rights,
      { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch", "update"] },
    ],
  }
}
