import type { AnyResource, ObjectOf } from "../../machinery/schema/resource.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import type { ApiCall, ApiResult, CallHandler, UserInfo } from "../call.ts"
import { readBody } from "../resources/object-machinery.ts"
import { writeOptions } from "../resources/request-options.ts"

/** A kind that is a question: it is created, answered in its status, and kept nowhere. */

const CREATED = 201

/** A question as it is sent: without what the server gives to stored objects. */
export type Question<R extends AnyResource> = Omit<ObjectOf<R>, "metadata"> & {
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly uid?: string }
}

export function createReview<R extends AnyResource>(
  resource: R,
  answer: (question: Question<R>, call: ApiCall) => object | Promise<object>,
): CallHandler {
  return async (call): Promise<ApiResult> => {
    if (call.info.verb !== "create") throw methodNotAllowed()
    const { fieldValidation } = writeOptions(call, "CreateOptions")
    const draft = readBody(call.body, { resource, fieldValidation, warn: call.warn })
    const value = await answer(draft as unknown as Question<R>, call)
    return { type: "value", code: CREATED, value, resource }
  }
}

function methodNotAllowed(): StatusError {
  return new StatusError("MethodNotAllowed", 405, "the server does not allow this method on the requested resource", {})
}

/** A user as the API shows it. */
export function userStatus({ name, uid, groups, extra }: UserInfo) {
  return {
    ...(name !== "" && { username: name }),
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    // From a map to a plain object: keys come from outside, so it has no prototype.
    ...(extra.size > 0 && { extra: Object.assign(Object.create(null), Object.fromEntries(extra)) as object }),
  }
}
