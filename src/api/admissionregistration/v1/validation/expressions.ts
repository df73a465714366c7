import type { CelEnvironment } from "../../../../machinery/cel/environment.ts"
import {
  type AdmissionVariables,
  admissionEnvironment,
} from "../../../../machinery/cel/kubernetes/admission-environment.ts"
import { compileAdmissionExpression } from "../../../../machinery/cel/kubernetes/admission-expression.ts"
import { type CelType, dynType } from "../../../../machinery/cel/types.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"

/** What the expressions of one policy may use. Variables are added as they are checked, each seeing those before it. */
export class PolicyExpressions {
  readonly #types: Map<string, CelType> | undefined
  readonly #hasParams: boolean
  readonly #environments = new Map<string, CelEnvironment>()

  /** `hasVariables`: there is `variables`. */
  constructor(hasParams: boolean, hasVariables: boolean) {
    this.#hasParams = hasParams
    this.#types = hasVariables ? new Map() : undefined
  }

  /** An expression of one of the types. */
  check(expression: string, types: readonly CelType[], path: FieldPath, uses: Uses = {}): Errors {
    const compiled = compileAdmissionExpression(this.#environment(uses), expression, types)
    return "error" in compiled ? [field.invalid(path, expression, compiled.error)] : NONE
  }

  /** The same for a variable, which those after it can use. */
  variable(name: string, expression: string, types: readonly CelType[], path: FieldPath): Errors {
    const compiled = compileAdmissionExpression(this.#environment({}), expression, types)
    this.#types?.set(name, "error" in compiled ? dynType : compiled.resultType)
    return "error" in compiled ? [field.invalid(path, expression, compiled.error)] : NONE
  }

  #environment({ authorizer = true, patches = false }: Uses): CelEnvironment {
    const options: AdmissionVariables = {
      hasParams: this.#hasParams,
      hasAuthorizer: authorizer,
      hasPatchTypes: patches,
      ...(this.#types && { variables: this.#types }),
    }
    return this.#environments.getOrInsertComputed(`${authorizer}${patches}`, () => admissionEnvironment(options))
  }
}

interface Uses {
  /** Default true. */
  readonly authorizer?: boolean
  /** Objects and patches can be made. Default false. */
  readonly patches?: boolean
}

const WITHOUT_PARAMS = new PolicyExpressions(false, false)
const WITH_PARAMS = new PolicyExpressions(true, false)

/** What match conditions may use. */
export const conditionExpressions = (hasParams: boolean) => (hasParams ? WITH_PARAMS : WITHOUT_PARAMS)
