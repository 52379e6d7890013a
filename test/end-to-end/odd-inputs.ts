import { loginOf, userIdOf } from '../support/foreign-org/user.ts'

/** An input that is hard to read twice in the same way. */
export interface OddInput {
  /** The file, with its ending. */
  readonly file: string
  readonly content: string | Buffer
  /** What follows the name of a job file; by default everybody is suspended. */
  readonly job?: string
  readonly flags?: readonly string[]
  /** What the script must say besides that all agrees. By default that every row was compared. */
  readonly says?: RegExp
}

const [one, two, three, four, five] = [1, 2, 3, 4, 5].map(loginOf)
const suspend = 'action: suspend\n'

function utf16(text: string, order: 'le' | 'be'): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return order === 'le' ? bytes : bytes.swap16()
}

/** Dates in a form of their own, with the input of a job. */
function dated(due: string, ...dates: readonly (readonly [date: string, zone?: string])[]): OddInput {
  const lines = dates.map(([date, zone = ''], index) => `${loginOf(index + 1)};"${date}";${zone}`)
  return {
    file: 'dates.csv',
    content: `user;Last Day;zone\n${lines.join('\n')}\n`,
    job: `${suspend}input: { due: { column: last day, ${due} } }\n`,
  }
}

/** Inputs by what is odd about them. */
export const oddInputs: Readonly<Record<string, OddInput>> = {
  'semicolons, CRLF, a byte-order mark, quoted line ends, own columns with our names': {
    file: 'a.csv',
    content: `\ufeffuser;result;input_result;2;1;__proto__;row\r\n${one};"a\r\nb";x;"say ""hi""";=1+1;p;9\r\n\r\n${two};;; ; '=x;'';"a;b"\r\n`,
  },
  'UTF-16 with tabs': { file: 'b.csv', content: utf16(`user\tname\n${one}\tZoë 😀\n${two}\tمحمد\n`, 'le') },
  'UTF-16BE in JSON': { file: 'b.json', content: utf16(`[{"user":"${one}","name":"Zoë"}]`, 'be') },
  'Windows-1252': {
    file: 'c.csv',
    content: Buffer.from(`user,name\n${one},Jos\xe9 \x80 \x93x\x94\n`, 'latin1'),
    flags: ['--encoding', 'windows-1252'],
  },
  'sep= with a caret, and PowerShell': {
    file: 'd.csv',
    content: `#TYPE System.Object\nsep=^\nuser^name\n${one}^a,b;c|d\n`,
  },
  'a header below a title': {
    file: 'e.csv',
    content: `Leavers of "May\n\n  \nuser,name\n${one},Ada\n`,
    flags: ['--header-line', '4'],
  },
  'formula cells, marks, invisible characters': {
    file: 'f.csv',
    content: `user,number,note\n="${one}",="00123","=""x"""\n\u00a0${two}\u200b ,'=cmd(),'''-1\n"${three}",\t7,＝a\n`,
  },
  'actions in words': {
    file: 'g.csv',
    content: `user,action,send_email\n${one},Suspend,\n${two},reset-factors,\n${three},"DEACTIVATE ",no\n${four},,yes\n`,
    job: suspend,
  },
  'bad rows: too few cells, too many, no user, no action, a title, a total': {
    file: 'h.csv',
    content: `user,action,name\n${one},suspend,Ada\n${two}\n${three},suspend,a,b\n,suspend,Nobody\n${four},promote,x\nuser,action,name\nTotal,,5\n"a@b@c",suspend,y\n${one},suspend,Ada\n`,
    job: '',
  },
  'notes that begin as failed.csv marks a row': {
    file: 'marks.csv',
    content: `user,note,more\n${one},not read: mine,x,extra\n${two},Not  Read : x,,,extra\n${three},not read: x,y\n${four},fine,z\n`,
  },
  'notes that begin with what is not shown before such a mark': {
    file: 'marks-unseen.csv',
    content: `user,note,why\n${one},\u200bnot read: look,\n${two},\u2060not read: x,y\n${three},a,b,c\n`,
  },
  'JSON without any row': { file: 'none.json', content: '[]' },
  'a failed.csv with such marks, of rows that are still bad': {
    file: 'marks-again.csv',
    content: `user,note,why\n${one},not read: mine,x,"not read: the row has 4 cells"\n${two},a,not read: b\n${three},c\n`,
  },
  'one column': { file: 'i.csv', content: `login\n${one}\n\n${two}\n"${three}"` },
  'columns without a name': {
    file: 'j.csv',
    content: `user,,name,\n${one},,Ada,\n${two},,Bob\n${three},x,y,z\n`,
  },
  'rows not selected': {
    file: 'k.csv',
    content: `user,Status\n${one},Terminated\n${two},active\n${three}, terminated \n`,
    job: `${suspend}input: { where: { status: [Terminated] } }\n`,
  },
  'several steps': {
    file: 'l.csv',
    content: `user\n${one}\n${two}\ngone@example.com\n${one}\n`,
    job: 'steps: [{ action: suspend, if_failed: go_on }, deactivate]\n',
  },
  'JSON: long numbers, dotted users, keys that are numbers, lists, missing keys, half characters': {
    file: 'm.json',
    content: `[{"profile":{"login":"${one}"},"n":12345678901234567890,"f":1.50,"big":1e400,"2":"b","1":true,"__proto__":"p","text":"a\\tb\\ud800"},
 {"profile":{"login":"${two}","__proto__":1,"deep":{"n":98765432109876543210}},"list":[1,{"a":null}],"result":"mine"},
 5, [], null, {"profile":{}}, {"profile":{"login":7}}, {"profile":{"login":"${three}"},"x":1,"x":2}]`,
    flags: ['--user-column', 'profile.login'],
  },
  'JSON: nested too deep': {
    file: 'n.json',
    content: `[{"user":"${one}","deep":${'['.repeat(101)}${']'.repeat(101)}},{"user":"${two}","deep":${'['.repeat(100)}${']'.repeat(100)}}]`,
  },
  'JSON lines, one over several lines': {
    file: 'o.jsonl',
    content: `{"user":"${one}"}\r\n\r\n{\r\n  "user": "${two}",\r\n  "tags": [\r\n    {"a": 1}\r\n  ]\r\n}\r\n{"user":"${three}"}`,
  },
  'JSON lines, one broken': {
    file: 'p.jsonl',
    content: `{"user":"${one}"}\n{"user":"${two}"\n{"user":"${three}"}\noops\n{"user":"${four}"}\n{"user":"${five}","tab":"\t"}\n`,
    says: /Compared with the input: 3 of 6 rows\.\nNot compared with the input, because it is not JSON there: 3 rows: 2, 4, 6\./,
  },
  'one JSON object': { file: 'q.json', content: `{"user":"${one}","name":"Ada"}` },
  'ISO 8601 dates': dated(
    'time_zone: Europe/Berlin, time_zone_column: zone',
    ['2026-01-05'],
    ['20260105'],
    ['2026-01-05T08:00:00.1234Z'],
    ['2026-01-05 08:00+05:30'],
    ['2026-03-29T02:30'],
    ['2025-10-26 02:30:00', 'Europe/Paris'],
    ['2026-01-05', 'America/New_York'],
    ['2026-01-05T24:00', 'Asia/Kathmandu'],
    ['2999-01-01'],
    ['tomorrow'],
    ['2026-03-08T02:30', 'america/new_york'],
  ),
  'dates without a time, at a time of day': dated(
    'time_zone: UTC, at: "18:30"',
    ['2026-01-05'],
    ['2026-01-05T01:02:03'],
  ),
  'German dates, and dates of a workbook': dated(
    'time_zone: Europe/Berlin, format: dd.MM.yyyy',
    ['05.01.2026'],
    ['2026-01-06 (date cell)'],
    ['31.02.2026'],
  ),
  'American dates': dated(
    'time_zone: America/Chicago, format: "M/d/yyyy h:mm a"',
    ['1/5/2026 8:00 AM'],
    ['1/5/2026 12:30 am'],
    ['11/1/2025 1:30 pm'],
  ),
  'months in words, and a word in the form': dated(
    `time_zone: UTC, format: "'on' d MMM yyyy"`,
    ['on 5 jan 2026'],
    ['on 12 Sep 2025'],
  ),
  'dates that the script does not read': {
    ...dated('time_zone: UTC, format: "yyyy-MM-dd ZZ"', ['2026-01-05 +02:00'], ['2026-01-06 +00:00']),
    says: /Compared with the input: 2 of 2 rows\.\nDue times not compared.* can't read the dates: 2 rows: 1, 2\./,
  },
  'ids, some of which differ in letter case alone': {
    file: 'r.csv',
    content: `id,note\n${userIdOf(10)},a\n${userIdOf(36)},b\n${five},c\n`,
    flags: ['--user-column', 'id'],
  },
}
