/** Pairs of brackets in names of columns, including those of East Asian texts. */
const brackets =
  /\([^()]*\)|\[[^[\]]*\]|\{[^{}]*\}|<[^<>]*>|【[^【】]*】|〔[^〔〕]*〕|《[^《》]*》|〈[^〈〉]*〉|「[^「」]*」|『[^『』]*』/g

/** Words that say nothing about whose address or login it is, in the usual languages of such lists. */
const harmlessWords: ReadonlySet<string> = new Set(
  `required mandatory optional unique primary main work working business company corporate office official professional
  read only readonly key id string text field value format login logon sign in user users username userprincipalname upn
  employee staff member leaver okta ad azure entra google workspace m365 o365 sso idp scim hris system email mail e address
  account default as the of for y n yes no true false
  pflichtfeld pflicht erforderlich notwendig dienstlich geschäftlich beruflich arbeit firma firmen büro primär haupt nur
  lesen schreibgeschützt anmeldung anmeldename benutzer mitarbeiter mitarbeitende text format ja nein
  obligatoire requis requise facultatif travail professionnel professionnelle bureau entreprise principal principale
  lecture seule identifiant connexion utilisateur employé salarié oui non
  obligatorio requerido opcional trabajo laboral corporativo empresa solo lectura usuario empleado sí
  obbligatorio lavoro aziendale principale utente obrigatório trabalho corporativo usuário verplicht werk zakelijk
  gebruiker medewerker
  必須 必需 必填 任意 会社 勤務先 業務 業務用 仕事 仕事用 社用 主 主要 ログイン 読み取り専用 本人 社員 従業員 工作 公司 登录 登錄 员工 用户
  필수 선택 회사 업무 직장 로그인 사용자`
    .normalize('NFKC')
    .split(/\s+/),
)

/** An example that a template gives, such as `e.g. ada@example.com`. */
const example = /^(e\.?\s?g|z\.?\s?b|ex|p\.?\s?ex|例|example|beispiel)\b\.?/

/** Whether everything in brackets is harmless: known words, punctuation, or an example. */
function isHarmless(inBrackets: string): boolean {
  const text = inBrackets.slice(1, -1).trim()
  if (example.test(text)) return true
  return text
    .split(/[^\p{L}\p{M}\p{N}+#]+/u)
    .filter((word) => word !== '')
    .every((word) => harmlessWords.has(word))
}

/**
 * A name without harmless text in brackets: `email [required]`. Only a person who reads the language can tell whose
 * address `email (上司)` is.
 *
 * @param name in lower case and in normal form NFKC
 */
export function withoutHarmlessBrackets(name: string): string {
  return name.replaceAll(brackets, (inBrackets) => (isHarmless(inBrackets) ? '' : inBrackets))
}
