#!/usr/bin/env python3
"""Checks a receipt of ihss-payroll with Python's standard library and nothing of that house.

    python verify.py RECEIPT.json [--paid FOLDER] [--last SHA256]

Written from rules/LAW.md (ids such as OT-3 are its paragraphs) and docs/contract.md. FOLDER: what was paid (Avro), for
its pay run's content_sha256; --last: the SHA-256 of the newest PayRun's plain Avro body, from whoever you trust to know
it. Only both tie a payment to the county's books. Exit code 0: it holds, but for what it says.
"""

import argparse
import base64
import hashlib
import json
import zlib
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NOT_DERIVED = """which minutes were authorized, or attended, and why others were not, by other people's facts
    (HOURS, EVV, WHO, TRAVEL-3, TRAIN-2, TRAIN-3); work for others in a workweek, and the order within a day (OT-3);
    who bears share of cost, of which year's pay, and which minutes an advance covers first (SOC-5, ADV-5);
    that the county has these facts and no later ones (compare their SHA-256), how money was sent (RUN-3), and
    that an incentive was earned, but for enough training (INC-1 to INC-5), or sick leave (SICK-1 to SICK-5)."""
EPOCH, LARGEST, WEEKLY = date(1970, 1, 1), 1 << 24, "overtime.weekly_threshold_minutes"  # LARGEST: bytes of a law
MILLS, ALWAYS = 600, -25567  # mill-minutes in a cent; 1900-01-01, from which on holds what names no beginning
TAXES, LOST = ("FICA", "MEDICARE", "SDI"), ("HELD", "CUT", "DENIED")
WITHHELD, LIVED_IN = (*TAXES, "SHARE_OF_COST", "ADVANCE_PAID"), ("ARREARS", "SICK_LEAVE")
OF_WEEK, ZONE = ("recipient_id", "overtime_minutes"), "America/Los_Angeles"
RULES = {"SERVICE": "WAGE-1", "TRAVEL": "TRAVEL-2", "TRAINING": "TRAIN-4", "SICK_LEAVE": "SICK-6"}
RULES |= {"OVERTIME_PREMIUM": "OT-2", "ADVANCE": "ADV-2", "INCENTIVE": "INC-5"}
CLAIMS = {"SERVICE": "Timesheet", "TRAVEL": "TravelClaim", "TRAINING": "TrainingClaim", "SICK_LEAVE": "SickLeaveClaim"}
EARNED_IN = {"ARREARS": ("SERVICE", "TRAVEL"), "TRAINING": ("TRAINING",), "SICK_LEAVE": ("SICK_LEAVE",)}
KEYS = ("provider_id", "recipient_id", "program", "period_start", "service_date", "instruction_id")
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, MemoryError)
OF_RUN = ("PaymentInstruction", "Finding", "AdvanceReconciliation", "LeaveBalance", "BenefitHours")
Refused = type("Refused", (Exception,), {})

def hold(so, why):
    if not so:
        raise Refused(why)
def same(shown, found, what):
    hold(shown == found and type(shown) is type(found), f"{what}: the receipt says {shown!r}, it follows {found!r}")
def once(these, what): hold(len({*these}) == len([*these]), f"{what} that are shown twice")
def civil(day): return EPOCH + timedelta(days=day)
def month_start(day, month=None): return number(str(civil(day).replace(day=1, month=month or civil(day).month)))
def month_end(day): return month_start(month_start(day) + 31) - 1
def month_days(day): return range(month_start(day), month_end(day) + 1)
def period_of(day): return month_start(day) + (15 if civil(day).day > 15 else 0)
def total(parts, name="cents"): return sum(each[name] or 0 for each in parts)
def half_up(part, of): return (2 * abs(part) + of) // (2 * of) * (1 if part >= 0 else -1)
def ends(fact, day): return day if fact["effective_to"] is None else min(day, fact["effective_to"])
def lasts(fact, day): return fact["effective_from"] <= day == ends(fact, day)
def seen(fact): return max(fact["recorded_at"] + 1, fact["admitted_cut_off"] or fact["recorded_at"] + 1)
def number(text):
    hold(text == str(date.fromisoformat(text)), f"{text} is not how a day is written")
    return (date.fromisoformat(text) - EPOCH).days

def line_of(key, minutes, cents=0):
    line = dict(zip(("earning", "program", "county", "rate_mills"), key, strict=True), minutes=minutes)
    return line | {"cents": half_up(minutes * key[3], MILLS) if key[3] else cents, "rule": RULES[key[0]]}

FACT = "event_id source recorded_at:l admitted_cut_off:?l document_id revision:i withdrawn:b"
WORK, SPAN = "provider_id recipient_id program:IHSS|WPCS", "effective_from:i effective_to:?i"
PAY = "kind:ARREARS|ADVANCE|TRAINING|INCENTIVE|SICK_LEAVE", "method:DIRECT_DEPOSIT|WARRANT|NONE"
PATHWAY = """GENERAL_HEALTH_AND_SAFETY|ADULT_EDUCATION|COGNITIVE_IMPAIRMENTS_AND_BEHAVIORAL_HEALTH|\
COMPLEX_PHYSICAL_CARE_NEEDS|TRANSITION_TO_HOME_AND_COMMUNITY_BASED_LIVING"""
CONTRACT = f"""
Timesheet {FACT} {WORK} period_start:i minutes_worked:[i channel:ESP|TTS|PAPER provider_signed_at:l
recipient_approved_at:?l; EvvVisit {FACT} {WORK} check_in_at:?l check_out_at:?l check_in_place:HOME|COMMUNITY
check_out_place:HOME|COMMUNITY method:MOBILE_APP|ESP|TTS|MANUAL; ServiceAuthorization {FACT} recipient_id
program:IHSS|WPCS county {SPAN} monthly_minutes:i funding:PCSP|CFCO|IPO|IHSS_R|WPCS severely_impaired:b
protective_supervision_minutes:i services:[Service pay_mode:ARREARS|ADVANCE concurrent_care:b training_needs:[{PATHWAY}
deceased_on:?i payee_account_token:?s; Service service minutes_per_week:i; ProviderAssignment {FACT} {WORK} {SPAN}
monthly_minutes:?i relationship:NON_RELATIVE|SPOUSE|PARENT|MINOR_CHILD|CHILD_18_TO_20|DOMESTIC_PARTNER live_in:b;
ProviderEnrollment {FACT} provider_id county {SPAN} account_token:?s
exemption:NONE|EXEMPTION_1|EXEMPTION_2|EXEMPTION_WPCS exemption_from:?i exemption_to:?i; IncomeAssessment {FACT}
recipient_id {SPAN} category:SSI_LINKED|EXPANSION|SSI_1619B|WORKING_DISABLED|NONE couple:b blind:b blind_spouse:b
unearned_cents:l earned_cents:l impairment_work_expense_cents:l blind_work_expense_cents:l; TravelClaim {FACT}
provider_id period_start:i trips:[Trip; Trip service_date:i to_recipient_id program:IHSS|WPCS minutes:i;
TrainingAttendance {FACT} provider_id course_id class_date:i minutes_attended:i verified:b; TrainingClaim {FACT}
channel:ESP|OTHER provider_id course_id class_date:i minutes_claimed:i recipient_id:?s; IncentiveClaim {FACT}
channel:ESP|OTHER provider_id incentive:TRAINING|ONE_MONTH_ASSIGNMENT|SIX_MONTH_ASSIGNMENT pathway:{PATHWAY}
recipient_id:?s; SickLeaveClaim {FACT} channel:ESP|PAPER {WORK} service_date:i minutes:i; PaymentOutcome {FACT}
instruction_id outcome:ACCEPTED|SETTLED|RETURNED|VOIDED|STALE|RECOVERED cents:?l reason:?s; PaymentInstruction
instruction_id payee_type:PROVIDER|RECIPIENT payee_id provider_id:?s recipient_id:?s {PAY[0]} period_start:i
statement_id sequence:i run_date:i cut_off:l {PAY[1]} account_token:?s lines:[Line gross_cents:l deductions:[Deduction
net_cents:l gross_to_date_cents:l net_to_date_cents:l outstanding_cents:l claimed_minutes:i paid_minutes:i
held_minutes:i cut_minutes:i denied_minutes:i spend_by:?i income_tax_excluded:b documents:[s assumptions:[s law_version
reversed:[s; Line earning:SERVICE|OVERTIME_PREMIUM|TRAVEL|TRAINING|INCENTIVE|ADVANCE|SICK_LEAVE
program:IHSS|WPCS|CAREER_PATHWAYS county:?s minutes:i rate_mills:?l cents:l rule; Deduction
kind:FICA|MEDICARE|SDI|SHARE_OF_COST|ADVANCE_PAID|OVERPAYMENT_CARRIED cents:l; PayRun run_date:i cut_off:l totals:[Total
instructions_sha256 findings:i assumptions:[s law_version came_back:[CameBack content_sha256 previous_sha256 facts:l;
Total {PAY[0]} {PAY[1]} count:i gross_cents:l net_cents:l; CameBack instruction_id net_cents:l reversed:b"""
KINDS = {kind: [f"{each}:s".split(":")[:2] for each in of] for kind, *of in map(str.split, CONTRACT.split(";"))}

def layout(given):  # A type of the contract as Avro's schema has it: ? nullable, [ array, | enum
    if given in KINDS:
        return {"type": "record", "fields": [{"name": name, "type": layout(of)} for name, of in KINDS[given]]}
    if given[0] in "?[":
        inner = layout(given[1:])
        return ["null", inner] if given[0] == "?" else {"type": "array", "items": inner}
    plain = {"s": "string", "i": "int", "l": "long", "b": "boolean"}
    return plain.get(given) or {"type": "enum", "symbols": ["UNKNOWN", *given.split("|")]}

class Reader:
    def __init__(self, data): self.data, self.at, self.named = data, 0, {}
    def take(self, size):
        hold(0 <= size <= len(self.data) - self.at, "bytes end early")
        self.at += size
        return self.data[self.at - size : self.at]
    def long(self):
        found, shift, byte = 0, 0, 128
        while byte > 127:
            hold(shift < 64, "a number of too many bytes")
            byte = self.take(1)[0]
            found, shift = found | (byte & 127) << shift, shift + 7
        return (found >> 1) ^ -(found & 1)
    def one_of(self, choices):
        hold(0 <= (at := self.long()) < len(choices), "bytes that name no choice")
        return choices[at]
    def value(self, schema):
        if isinstance(schema, list):
            return self.value(self.one_of(schema))
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind in ("record", "enum"):
            self.named[schema.get("name")] = schema
        if kind == "record":
            return {field["name"]: self.value(field["type"]) for field in schema["fields"]}
        if kind == "array":
            found = []
            while count := self.long():
                hold(0 < count <= len(self.data), "an array of so many")
                found += [self.value(schema["items"]) for _ in range(count)]
            return found
        if kind in ("enum", "string"):
            return self.one_of(schema["symbols"]) if kind == "enum" else self.take(self.long()).decode()
        if kind in ("boolean", "null"):
            return None if kind == "null" else (False, True)[self.take(1)[0]]
        return self.long() if kind in ("int", "long") else self.value(self.named.get(kind, kind))

def stored(path):  # The kind of a container file, and each of its records with its plain body
    reader, head = Reader(path.read_bytes()), {}
    hold(reader.take(4) == b"Obj\x01", f"{path} is no Avro file")
    while count := reader.long():
        for _ in range(count):
            head |= [(reader.take(reader.long()).decode(), reader.take(reader.long()))]
    marker, schema, codec = reader.take(16), json.loads(head["avro.schema"]), head.get("avro.codec", b"null")
    hold(codec in (b"null", b"deflate"), f"{path} is compressed in a way that this program does not read")
    kind, records = schema["name"].rpartition(".")[2], []
    while kind in OF_RUN and reader.at < len(reader.data):
        count, block = reader.long(), reader.take(reader.long())
        inner = Reader(zlib.decompress(block, -15) if codec == b"deflate" else block)
        for _ in range(count):
            start = inner.at
            records.append((inner.value(schema), inner.data[start : inner.at]))
        hold(reader.take(16) == marker, f"{path} is damaged")
    return kind, records

class Law:  # The text of all parameters, as known to a pay run; what is looked up is noted
    def __init__(self, text, known_at): self.parameters, self.known_at, self.used = json.loads(text), known_at, {}
    def find(self, name, day, known_at=None):  # in force on a day (LAW.md, the head), or carried (WAGE-2)
        hold(name in self.parameters, f"{name} is no parameter of the law")
        at, entries = known_at or self.known_at, self.parameters[name]["entries"]
        known = [e for e in entries if e["known_from"] is None or e["known_from"] <= at]
        known.sort(key=lambda e: (e["from_day"], -1 if e["published"] is None else e["published"]))
        return self._named(known, day) or (self.parameters[name]["carried_by"] and self._carried(known, day))
    def entry(self, name, day, known_at=None):
        hold(found := self.find(name, day, known_at), f"no value of {name} is in force on {civil(day)}")
        return found
    def _named(self, known, day):
        begun = [e for e in known if e["from_day"] <= max(day, ALWAYS) and (e["until"] is None or day <= e["until"])]
        return begun[-1] if begun else None
    def _carried(self, known, day):
        last = max((e["until"] for e in known if e["until"] is not None and e["until"] < day), default=None)
        following = min((e["from_day"] for e in known if e["from_day"] > max(day, ALWAYS)), default=None)
        span = {"from_day": (last or 0) + 1, "until": None if following is None else following - 1, "carried": True}
        return last is not None and {**self._named(known, last), **span, "grade": "assumption", "law": "WAGE-2"}
    def look(self, name, day, known_at=None): return self.entry(name, day, known_at)["value"]
    def __call__(self, name, day):
        found = self.entry(name, day)
        self.used[name, found["from_day"]] = found
        return found["value"]
    def wage(self, county, day):  # WAGE-1, MIN-1: what is carried forward is raised to the minimum wage
        rate, least = self(f"wage.{county}", day), self("minimum_wage", day)
        hold(rate >= least or self.entry(f"wage.{county}", day).get("carried"), "a wage below the minimum is not paid")
        return max(rate, least)
    def looked_up(self):  # All of it, as a receipt shows it
        for (name, _), entry in sorted(self.used.items()):
            days = {"since": entry["from_day"], "until": entry["until"], "published": entry["published"]}
            found = {key: None if day is None else str(civil(day)) for key, day in days.items()}
            yield {"name": name, **found, **{key: entry[key] for key in ("value", "grade", "citation", "law")}}

def decoded(shown, kind):  # The record whose bytes a part of the receipt has
    hold(kind in KINDS, f"{kind} is no kind that this program knows")
    reader = Reader(base64.b64decode(shown["body"], validate=True))
    same(shown["sha256"], hashlib.sha256(reader.data).hexdigest(), f"the SHA-256 of a {kind}")
    found = reader.value(layout(kind))
    hold(reader.at == len(reader.data), f"bytes too many for a {kind}")
    same(shown.get("record", found), found, f"a {kind}")
    return found

class Receipt:  # `now`: its instruction, `standing`: earlier ones that nothing reversed (RUN-4), `facts`: by document
    def __init__(self, shown):
        hold(isinstance(shown, dict) and len(shown) == 19 and shown.get("receipt") == 1, "no receipt of a known form")
        self.shown, self.facts, self.every = shown, defaultdict(list), []
        self.now = decoded(shown["instruction"], "PaymentInstruction")
        self.kind, self.start = self.now["kind"], self.now["period_start"]
        self.is_advance, self.pays = self.kind == "ADVANCE", EARNED_IN.get(self.kind, ())
        self.earlier = [decoded(each, "PaymentInstruction") for each in shown["earlier"]]
        self.said = {each["instruction_id"]: each for each in self.earlier}
        self.standing = [each for each in self.earlier if each["instruction_id"] not in self.now["reversed"]]
        own = "recipient_id" if self.is_advance else "provider_id"
        for each in shown["facts"]:
            fact = decoded(each, each["document"].partition("/")[0])
            same(each["document"].split("/")[1:], [fact["document_id"], str(fact["revision"])], "the name of a fact")
            hold(fact.get(own) in (None, self.now[own]), f"{each['document']} is somebody else's")
            hold(seen(fact) <= self.now["cut_off"], f"{each['document']} came after the pay run")
            self.every.append((each["document"], fact))
        once([(name, *map(fact.get, KEYS)) for name, fact in self.every], "facts")
        stands = {}
        for name, fact in sorted(self.every, key=lambda pair: pair[1]["revision"]):  # of a document (TIME-3)
            key, waits = (name.rpartition("/")[0], *map(fact.get, KEYS)), not fact.get("recipient_approved_at", 1)
            before = stands.get(key, (name, {"withdrawn": True}))[1]
            if fact["withdrawn"] or before["withdrawn"] or not waits or not before.get("recipient_approved_at", 1):
                stands[key] = name, fact
        for name, fact in stands.values():
            self.facts[name].append(fact)
        text = zlib.decompressobj().decompress(base64.b64decode(shown["law"]["text"], validate=True), LARGEST)
        same(self.now["law_version"], hashlib.sha256(text).hexdigest(), "law_version")
        self.law = Law(text, self.now["cut_off"])
    def of_kind(self, kind, **wanted):
        found = [fact for name, facts in self.facts.items() for fact in facts if name.startswith(kind + "/")]
        return [fact for fact in found if not fact["withdrawn"] and fact | wanted == fact]
    def in_force(self, kind, day, **wanted):  # by Precedence; several where only their recording decides
        found = [fact for fact in self.of_kind(kind, **wanted) if lasts(fact, day)]
        return [fact for fact in found if fact["effective_from"] == max(f["effective_from"] for f in found)]
    def check(self):  # All that a receipt alone can prove; returns its PayRuns by cut-off and the digest of the last
        self.check_instruction()
        self.check_days()
        self.check_difference(self.check_deductions(self.check_earnings(), total(self.shown["worth"])))
        same(self.shown["law"]["used"], list(self.law.looked_up()), "the numbers of the law")
        return self.check_chain()
    def check_instruction(self):  # Its own sums, ids and dates (contract; RUN-1, RUN-2, MONEY-2)
        now, start = self.now, self.start
        payee = now["recipient_id" if self.is_advance else "provider_id"]
        who = f"{self.kind}:{payee}:{now['recipient_id'] or '-'}:{civil(start)}"
        midnight = datetime.combine(civil(now["run_date"] + 1), time(), ZoneInfo(ZONE)).timestamp()
        follows = {
            "payee_type": "RECIPIENT" if self.is_advance else "PROVIDER", "cut_off": int(midnight * 1000),
            "provider_id": None if self.is_advance else payee,
            "period_start": month_start(start) if self.is_advance else period_of(start),
            "spend_by": month_end(start) if self.is_advance else None,
            **{f"{of}_to_date_cents": total((now, *self.standing), f"{of}_cents") for of in ("gross", "net")},
        }  # fmt: skip
        same({name: now[name] for name in follows}, follows, "the instruction")
        hold(now["net_cents"] >= 0 and (now["method"] == "NONE") == (now["net_cents"] == 0), "net, or method (MONEY-2)")
        for place, one in enumerate((*self.earlier, now), 1):
            sums = [f"{who}:{civil(one['run_date'])}", who, place, payee]
            sums += [total(one["lines"]), total(one["lines"]) - total(one["deductions"])]
            names = ("instruction_id", "statement_id", "sequence", "payee_id", "gross_cents", "net_cents")
            same([one[name] for name in names], sums, "id, statement, sequence, payee, gross and net")
        self.check_documents({*now["documents"]})
        hold({*now["assumptions"]} <= self.law.parameters.keys(), "an assumption that is no parameter of the law")
    def check_documents(self, named):  # what is shown decided, or is a correction that waits (TIME-3)
        shown, parts = self.shown, {"advance": self.is_advance, "claims": self.kind == "INCENTIVE"}
        names = {name for name, _ in self.every}
        hold(named <= names, "a document that decided it is not among the facts")
        ids = {f["document_id"] for name, f in self.every if name in named and "minutes_worked" in f}
        waits = {name for name, f in self.every if f["document_id"] in ids and not f.get("recipient_approved_at", 1)}
        hold(names <= named | waits, "a fact is shown that is no document of this payment")
        steps = [*shown["days"], *shown["work"], *shown["claims"], *(shown["advance"] or {"spans": []})["spans"]]
        steps += [piece for week in shown["weeks"] for piece in week["pieces"]]
        hold({step["document"] for step in steps} <= named, "a document is used that the payment does not name")
        hold(all(has or not shown[name] for name, has in parts.items()), "a part that such a payment does not have")
        hold(not self.is_advance or shown["relationship"] == "NON_RELATIVE", "the class of an advance")
    def check_days(self):  # claimed = paid + held + cut + denied, as the timesheet claims (TIME-3)
        sums, paid = dict.fromkeys(("claimed", "paid", "held", "cut", "denied"), 0), defaultdict(int)
        for piece in (piece for piece in self.shown["work"] if piece["earning"] == "SERVICE"):
            paid[piece["document"], piece["program"], piece["day"]] += piece["minutes"]
        own = {name: self.now[name] for name in ("provider_id", "recipient_id", "period_start")} | {"withdrawn": False}
        sheets = {(n, f["program"]): f for n in self.now["documents"] for f in self.facts[n] if f | own == f}
        days = [(each["document"], each["program"], number(each["day"])) for each in self.shown["days"]]
        due = {(*key, self.start + at) for key, f in sheets.items() for at, m in enumerate(f["minutes_worked"]) if m}
        once(days, "days")
        hold(self.kind != "ARREARS" or due <= {*days}, "a day of a timesheet is not shown")
        for each in self.shown["days"]:
            sheet, day = sheets[each["document"], each["program"]], each["day"]
            alike = {name: sheet[name] for name in ("document_id", "program", "recipient_id", "period_start")}
            last = max((f for _, f in self.every if f | alike == f), key=lambda f: f["revision"])  # it may wait
            most = max(self.claimed(f, number(day)) for f in (sheet, last))
            same(each["claimed_minutes"], most, f"minutes claimed on {day}")
            lost = all(it["outcome"] in LOST and it["minutes"] > 0 for it in each["lost"])
            hold(most > 0 and lost, f"minutes lost on {day}")
            same(each["paid_minutes"], paid.pop((each["document"], each["program"], day), 0), f"minutes paid on {day}")
            approved = str(datetime.fromtimestamp((sheet["recipient_approved_at"] or 0) // 1000, ZoneInfo(ZONE)).date())
            hold(not each["paid_minutes"] or day <= approved, f"{day} is paid before it is approved (TIME-2)")
            gone = [("paid", each["paid_minutes"]), *((it["outcome"].lower(), it["minutes"]) for it in each["lost"])]
            same(each["claimed_minutes"], sum(minutes for _, minutes in gone), f"what became of {day}")
            for name, minutes in [("claimed", each["claimed_minutes"]), *gone]:
                sums[name] += minutes
        hold(not paid, "service is paid of a day that no timesheet has")
        same({name: self.now[f"{name}_minutes"] for name in sums}, sums, "minutes")
    def claimed(self, fact, day, to=()):  # Minutes that a fact claims for a day (a trip: to a recipient, by program)
        days = enumerate(fact.get("minutes_worked", ()), fact.get("period_start", 0))
        trips = [trip for trip in fact.get("trips", ()) if (trip["program"], trip["to_recipient_id"]) == to]
        days = [*days, *((trip["service_date"], trip["minutes"]) for trip in trips)]
        at = fact.get("class_date", fact.get("service_date")), fact.get("minutes_claimed", fact.get("minutes"))
        return sum(minutes for when, minutes in (*days, at) if when == day)
    def check_pieces(self, pieces):  # rates of that day (WAGE-1, OT-6, TRAVEL-2, TRAIN-4); so much is claimed
        used = defaultdict(int)
        for piece in pieces:
            day, to = number(piece["day"]), piece.get("recipient_id", self.now["recipient_id"])
            same(piece["rate_mills"], self.law.wage(piece["county"], day), f"the rate of {piece['day']}")
            fits = piece["minutes"] > 0 and piece["document"].partition("/")[0] == CLAIMS[piece["earning"]]
            hold(fits, f"work that {piece['document']} is not of")
            used[piece["document"], day, (piece["program"], to)] += piece["minutes"]
        for (document, day, (program, to)), minutes in used.items():
            facts = (f for f in self.facts[document] if f.get("program", program) == program and not f["withdrawn"])
            claims = [self.claimed(f, day, (program, to)) for f in facts if f.get("recipient_id", to) == to]
            hold(minutes <= max(claims, default=0), f"work that {document} is not of, or claims less on {civil(day)}")
    def check_week(self, week):  # OT-1, OT-3: the last minutes beyond the threshold; not before OT-1 (OT-5)
        sunday, pieces, law = number(week["sunday"]), week["pieces"], self.law
        order = [(number(piece["day"]), ("SERVICE", "TRAVEL", "TRAINING").index(piece["earning"])) for piece in pieces]
        inside = (sunday - 3) % 7 == 0 and sunday <= order[0][0] and order[-1][0] <= sunday + 6
        hold(inside and order == sorted(order), f"the order of the week of {week['sunday']} (OT-3)")
        same(period_of(sunday + 6), self.start, "the pay period of a week's Saturday (OT-5)")
        law.look(WEEKLY, order[0][0])  # refuses a day on which it is not in force
        left = total(pieces, "minutes") - law(WEEKLY, order[-1][0])
        self.check_pieces(pieces)
        for piece in reversed(pieces):
            same(piece["overtime_minutes"], max(0, min(left, piece["minutes"])), f"overtime of {piece['day']}")
            left -= piece["overtime_minutes"]
        method, divisor = law("overtime.method", sunday + 6), law("overtime.premium_divisor", order[-1][0])
        hold(method in ("rate_in_effect", "weighted_average"), f"{method} is no method of OT-4")
        return divisor, [*self.average(pieces, divisor)] if method == "weighted_average" else None
    def average(self, pieces, divisor):  # OT-4, MONEY-1: over the week's lines by largest remainder
        parts = defaultdict(lambda: [0, 0])
        for piece in pieces:
            kind, travels = ("ARREARS", "TRAINING")[piece["earning"] == "TRAINING"], piece["earning"] == "TRAVEL"
            part = parts[piece["recipient_id"] or "", kind, piece["program"], piece["county"]]
            part[0], part[1] = part[0] + piece["overtime_minutes"], part[1] + piece["overtime_minutes"] * travels
        over, straight = total(pieces, "overtime_minutes"), sum(each["minutes"] * each["rate_mills"] for each in pieces)
        whole = half_up(straight * over, MILLS * divisor * total(pieces, "minutes"))
        left = whole - sum(whole * minutes // over for minutes, _ in parts.values())
        most = sorted(parts, key=lambda part: (-(whole * parts[part][0] % over), part))[:left]
        for part, (minutes, of_travel) in parts.items():
            if part[:2] == (self.now["recipient_id"] or "", self.kind) and minutes:
                cents = whole * minutes // over + (part in most)
                yield ("OVERTIME_PREMIUM", *part[2:], None), cents, half_up(cents * of_travel, minutes)
    def check_earnings(self):  # each line rounded once (MONEY-1, OT-2); what can bear share of cost (SOC-4)
        minutes, travel, cents, bears = (defaultdict(int) for _ in range(4))
        to = {"recipient_id": self.now["recipient_id"]}
        self.check_pieces(self.shown["work"])
        own_work = defaultdict(list)
        for piece, day in [(piece, number(piece["day"])) for piece in self.shown["work"]]:
            hold(piece["earning"] in self.pays and period_of(day) == self.start, "such a statement does not pay this")
            trains, either = piece["earning"] == "TRAINING", piece["earning"] in ("TRAVEL", "TRAINING")
            programs = (piece["program"], *(("IHSS", "WPCS") if either else ()))  # TRAVEL-2, TRAIN-4
            found = (self.in_force("ServiceAuthorization", day, program=each, **to) for each in programs)
            terms = next(filter(None, found), []) + (self.in_force("ProviderEnrollment", day) if trains else [])
            hold(piece["county"] in {f["county"] for f in terms}, f"the county of {piece['day']}")
            minutes[piece["earning"], piece["program"], piece["county"], piece["rate_mills"]] += piece["minutes"]
            if piece["earning"] != "SICK_LEAVE" and self.law.find(WEEKLY, day):
                own_work[day - (day + 4) % 7].append(piece)
        once([week["sunday"] for week in self.shown["weeks"]], "workweeks")
        for week in self.shown["weeks"]:
            divisor, averages = self.check_week(week)
            ours = [piece for piece in week["pieces"] if piece | to == piece and piece["earning"] in self.pays]
            here = [piece for piece in ours if period_of(number(piece["day"])) == self.start]
            here = [{name: piece[name] for name in piece if name not in OF_WEEK} for piece in here]
            worked = own_work.pop(number(week["sunday"]), [])
            alike = all(here.count(each) == worked.count(each) for each in (*here, *worked))
            hold(alike, "a week's work is not that of the statement")
            for piece in ours:
                rate = piece["rate_mills"] // divisor if averages is None else None
                line, over = ("OVERTIME_PREMIUM", piece["program"], piece["county"], rate), piece["overtime_minutes"]
                minutes[line], travel[line] = minutes[line] + over, travel[line] + over * (piece["earning"] == "TRAVEL")
            for line, whole, of_travel in averages or ():
                cents[line], bears[line] = cents[line] + whole, bears[line] + whole - of_travel
        for end, worked in ((sunday + 6, total(own_work[sunday], "minutes")) for sunday in own_work):
            due = period_of(end) == self.start and end <= self.now["run_date"] and self.law.find(WEEKLY, end)
            hold(not due or worked <= self.law.look(WEEKLY, end), f"the workweek to {civil(end)} is not shown")
        lines = sorted(minutes, key=lambda line: (*line[:3], line[3] or 0))
        worth = [line_of(line, minutes[line], cents[line]) for line in lines if minutes[line]]
        if self.kind in ("ADVANCE", "INCENTIVE"):
            worth = self.claim_lines() if not self.is_advance else self.advance_lines() if self.shown["advance"] else []
        same(self.shown["worth"], worth, "the lines of the statement")
        can_bear = [line for line in minutes if line[1] == "IHSS" and line[0] in ("SERVICE", "OVERTIME_PREMIUM")]
        return sum(line_of(line, minutes[line] - travel[line], bears[line])["cents"] for line in can_bear)
    def advance_lines(self):  # ADV-2: minutes to their ceiling (HOURS-1), pro rata (HOURS-7), rate of the 1st
        step, month, minutes, days = self.shown["advance"], self.start, 0, []
        authorized_on = {day: self.in_force("ServiceAuthorization", day, program="IHSS") for day in month_days(month)}
        for span in step["spans"]:
            within = range(number(span["first"]), number(span["last"]) + 1)
            [fact] = (fact for fact in self.facts[span["document"]] if fact["program"] == "IHSS")
            hold(all(fact in authorized_on[day] for day in within), "an authorization that is not in force")
            authorized, severe = fact["monthly_minutes"], "" if fact["severely_impaired"] else "not_"
            if severe and fact["funding"] in self.law.look("hours.protective_supervision_programs", month):
                most = self.law.look("hours.protective_supervision_minutes.not_severely_impaired", month)
                authorized -= max(0, min(fact["protective_supervision_minutes"], authorized) - most)
            ceiling = self.law.look(f"hours.ceiling_minutes.{fact['funding']}.{severe}severely_impaired", month)
            same(span["monthly_minutes"], min(authorized, ceiling), "minutes authorized (HOURS-1)")
            minutes, days = minutes + span["monthly_minutes"] * len(within), [*days, *within]
        hold(days == [day for day in authorized_on if authorized_on[day]], "the days of an authorization")
        county = authorized_on[days[0]][0]["county"]
        line = ("ADVANCE", "IHSS", county, self.law.wage(county, month))
        return [line_of(line, minutes // len(authorized_on))]
    def claim_lines(self):  # INC-1 to INC-3: the amount of each claim, and that enough training was claimed
        rules, steps, law = set(), self.shown["claims"], self.law.parameters
        once([step["document"] for step in steps], "claims")
        for step in steps:
            [fact] = self.facts[step["document"]]
            hold(not fact["withdrawn"], "a claim that was taken back")
            amounts = [entry["value"] for entry in law[f"incentive.cents.{fact['incentive']}"]["entries"]]
            least = min(entry["value"] for entry in law["incentive.training_minutes"]["entries"])
            hold(step["cents"] in amounts, f"the amount of {fact['incentive']}")
            hold(self.earlier or total(self.of_kind("TrainingClaim"), "minutes_claimed") >= least, "too few classes")
            rules.add({"TRAINING": "INC-1", "ONE_MONTH_ASSIGNMENT": "INC-2"}.get(fact["incentive"], "INC-3"))
        line = line_of(("INCENTIVE", "CAREER_PATHWAYS", None, None), 0, total(steps))
        return [line | {"rule": rules.pop()} if len(rules) == 1 else line] if total(steps) else []
    def tax_kinds(self, gross):  # of the class of an assignment (TAX-1, TAX-3); of an advance (ADV-2)
        if self.is_advance:
            shown = self.shown["advance"]["taxes"] if self.shown["advance"] else []
            whose = {f["provider_id"] for f in self.of_kind("ProviderAssignment", program="IHSS")}
            days = [(day, {"program": "IHSS", "provider_id": who}) for who in whose for day in month_days(self.start)]
            terms = (self.in_force("ProviderAssignment", day, **wanted) for day, wanted in days)
            classes = {f["relationship"] for each in terms for f in each}
            pays = {kind for each in classes for kind in self.law.look(f"tax.kinds.{each}", self.start)}
            hold(not gross or {*shown} == (pays if classes else {*TAXES}), "what its providers pay of taxes (ADV-2)")
            return shown
        pair = {name: self.now[name] for name in ("provider_id", "recipient_id")}
        terms, shown = self.of_kind("ProviderAssignment", **pair), self.shown["relationship"]
        last = self.start + 14 if civil(self.start).day == 1 else month_end(self.start)
        def rank(f):  # TAX-3: in force on the period's last day that has one, IHSS first; else the first after
            begun = f["effective_from"] <= last
            return begun, ends(f, last) if begun else -f["effective_from"], f["program"] == "IHSS", f["effective_from"]
        terms = [f for f in terms if rank(f) == max(map(rank, terms))]
        classes = {f["relationship"] for f in terms} or {"NON_RELATIVE"}
        hold(shown in classes or not self.shown["worth"], f"no assignment that is shown says {shown}")
        lives_in = {f["live_in"] and self.kind in LIVED_IN for f in terms if f["relationship"] == shown} or {False}
        hold(self.now["income_tax_excluded"] in lives_in, "income_tax_excluded (TAX-4)")
        return self.law(f"tax.kinds.{shown}", self.now["run_date"])
    def check_taxes(self, gross):  # half-up on what this payment year pays (TAX-2, TAX-3); of an advance: ADV-2
        found, whole, kinds = [], {}, self.tax_kinds(gross)
        start, past = (self.start, []) if self.is_advance else (self.now["run_date"], self.standing)
        past = [each for each in past if civil(each["run_date"]).year != civil(start).year]
        base = gross - total(past, "gross_cents")
        for kind in TAXES:
            earlier = total(each for one in past for each in one["deductions"] if each["kind"] == kind)
            if kind in kinds or earlier:
                rate = self.law(f"tax.{kind}", month_start(start, 1)) if kind in kinds else None
                step = {"kind": kind, "rate_per_100000": rate, "on_cents": base, "earlier_years_cents": earlier}
                found.append(step | {"cents": half_up(base * (rate or 0), 100000)})
                whole[kind] = earlier + found[-1]["cents"]
        same(self.shown["taxes"], found, "taxes")
        return whole
    def check_part(self, part):  # taxes on what bears alone, by payment year (TAX-3, SOC-4, ADV-5)
        shown, now = self.shown["part"], self.now
        same((shown["cents"], total(shown["years"])), (part, part), "pay that bears share of cost, or is covered")
        last = {civil(each["run_date"]).year: each for each in (*self.standing, now)}
        same([each["year"] for each in shown["years"]], sorted(last), "payment years")
        for each, then in ((each, last[each["year"]]) for each in shown["years"]):
            hold(then is not now or each["relationship"] == self.shown["relationship"], "the class of this year")
            kinds = self.law.look(f"tax.kinds.{each['relationship']}", then["run_date"], then["cut_off"])
            rates = [self.law.look(f"tax.{kind}", month_start(then["run_date"], 1), then["cut_off"]) for kind in kinds]
            same(each["taxes_cents"], sum(half_up(each["cents"] * rate, 100000) for rate in rates), "taxes on that pay")
        return total(shown["years"], "taxes_cents")
    def share_of(self, fact, law):  # SOC-1 to SOC-3: countable income, and the level of benefits
        month = month_start(self.start)
        names = ("general_exclusion_cents", "earned_exclusion_cents", "earned_divisor")
        general, of_work, divisor = (law(f"share_of_cost.{name}", month) for name in names)
        excluded = max(0, general - fact["unearned_cents"]) + of_work + fact["impairment_work_expense_cents"]
        earned = max(0, max(0, fact["earned_cents"] - excluded) - divisor * fact["blind_work_expense_cents"])
        countable = half_up(divisor * max(0, fact["unearned_cents"] - general) + earned, divisor)
        of_couple = ("couple", "couple_one_blind", "couple_both_blind")[fact["blind"] + fact["blind_spouse"]]
        whose = of_couple if fact["couple"] else "blind_individual" if fact["blind"] else "individual"
        free = fact["category"] in law("share_of_cost.free_categories", month)
        return countable, law(f"share_of_cost.benefit_level_cents.{whose}", month), free
    def check_share(self):  # the month's share, and who bears it (SOC-5): this statement's part
        step, month = self.shown["share_of_cost"], month_start(self.start)
        [fact] = self.facts[step["assessment"]]
        own = self.in_force("IncomeAssessment", month, recipient_id=self.now["recipient_id"])
        hold(fact in own, "an assessment that is not in force here")
        countable, level, free = self.share_of(fact, self.law)
        hold(not free, "this category pays no share (SOC-1)")
        share = max(0, countable - level)
        shown = [step["countable_cents"], step["level_cents"], step["share_cents"], step["open_cents"]]
        same(shown, [countable, level, share, share - total(step["charges"])], "income, level, share, and what is open")
        hold(step["open_cents"] >= 0 and all(each["cents"] > 0 for each in step["charges"]), "charges (SOC-5)")
        return total(each for each in step["charges"] if each["statement_id"] == self.now["statement_id"])
    def check_deductions(self, bearing, gross):  # RUN-2; an advance covers straight IHSS service (ADV-5)
        shown, whole = self.shown, self.check_taxes(gross)
        charged = self.check_share() if shown["share_of_cost"] else 0
        if self.is_advance and shown["share_of_cost"]:
            charged = min(shown["share_of_cost"]["share_cents"], max(0, gross - sum(whole.values())))
        elif self.is_advance and self.law.find("share_of_cost.benefit_level_cents.individual", self.start):  # SOC-3
            for fact in self.in_force("IncomeAssessment", self.start):
                income, level, free = self.share_of(fact, self.law.look)
                hold(free or income <= level or gross == sum(whole.values()), "the share of cost is not shown (ADV-2)")
        once([(each["county"], each["rate_mills"]) for each in shown["offset"]], "parts that an advance covers")
        for each in shown["offset"]:
            like = {"earning": "SERVICE", "program": "IHSS", "county": each["county"], "rate_mills": each["rate_mills"]}
            most = total((line for line in shown["worth"] if line | like == line), "minutes")
            hold(0 < each["minutes"] <= most, "an advance covers straight IHSS service alone")
            same(each["cents"], half_up(each["minutes"] * each["rate_mills"], MILLS), "pay that an advance covers")
        covered = bool(shown["offset"]) or "ADVANCE_PAID" in shown["deductions"]
        if shown["part"]:
            part = total(shown["offset"]) if covered or not shown["part"]["cents"] else bearing
            most = max(0, part - self.check_part(part))
            hold(charged <= most, "it bears more share of cost than it can (SOC-4)")
            bears = charged in (0, most) or not self.now["net_cents"] or not shown["share_of_cost"]["open_cents"]
            hold(bears, "it bears less share of cost than it can (SOC-5)")
            whole["ADVANCE_PAID"] = most - charged if covered else 0
        hold(shown["part"] or not (covered or charged) or self.is_advance, "the pay that bears this is not shown")
        whole = {kind: cents for kind, cents in (whole | {"SHARE_OF_COST": charged}).items() if cents}
        same(shown["deductions"], whole, "whole deductions")
        return whole
    def check_difference(self, whole):  # MONEY-2: worth less what was said and stands; a fall is carried
        now, sums, said = self.now, {}, {}
        lines = [(-1, line) for each in self.standing for line in each["lines"]]
        for sign, line in [*lines, *((1, line) for line in self.shown["worth"])]:
            key = line["earning"], line["program"], line["county"] or "", line["rate_mills"] or 0
            was = sums.get(key, {"minutes": 0, "cents": 0})
            sums[key] = {**line, **{name: was[name] + sign * line[name] for name in ("minutes", "cents")}}
        lines = [sums[key] for key in sorted(sums) if sums[key]["minutes"] or sums[key]["cents"]]
        for kind in (*WITHHELD, "OVERPAYMENT_CARRIED"):
            said[kind] = total(each for one in self.standing for each in one["deductions"] if each["kind"] == kind)
        due = [{"kind": kind, "cents": whole.get(kind, 0) - said[kind]} for kind in WITHHELD]
        moved = [(self.said.get(f["instruction_id"]), f) for f in self.of_kind("PaymentOutcome")]  # RUN-4: once made
        outcomes = [f for one, f in moved if one and seen(f) > one["cut_off"]]
        back = {f["instruction_id"] for f in outcomes if f["outcome"] in ("RETURNED", "VOIDED", "STALE")}
        back = {name for name in back if self.said[name]["net_cents"]}
        owed, recovered = total(lines) - total(due), total(f for f in outcomes if f["outcome"] == "RECOVERED")
        carried = min(owed, max(0, -said["OVERPAYMENT_CARRIED"] - recovered))
        due = [each for each in (*due, {"kind": "OVERPAYMENT_CARRIED", "cents": carried}) if each["cents"]]
        follows = {"lines": lines, "deductions": due, "net_cents": owed - carried}
        follows["outstanding_cents"] = max(0, -said["OVERPAYMENT_CARRIED"] - carried - recovered)
        same({name: now[name] for name in follows}, follows, "what is due")
        same(sorted(now["reversed"]), sorted(back), "what came back by an outcome that is shown (RUN-4)")

    def check_chain(self):  # Each PayRun knows the one before it; the payment's own counts it
        runs, before = {}, None
        for each in self.shown["chain"]:
            run = decoded(each, "PayRun")
            same(each["run_date"], str(civil(run["run_date"])), "the day of a PayRun")
            follows = before in (None, run["previous_sha256"]) and run["cut_off"] > max(runs, default=-(1 << 63))
            hold(follows, f"the PayRun of {each['run_date']} does not follow the one before it")
            runs[run["cut_off"]], before = run, each["sha256"]
        own = [each["cut_off"] for each in (*self.earlier, self.now)]
        hold(own == sorted({*own} & runs.keys()), "a PayRun is not in the chain")
        own = runs[self.now["cut_off"]]
        same((self.shown["pay_run"], self.now["law_version"]), (own, own["law_version"]), "its PayRun")
        hold((self.kind, self.now["method"]) in [(t["kind"], t["method"]) for t in own["totals"]], "it is not counted")
        return runs, before

    def check_paid(self, runs, folder):  # this payment, and those before it, are what was said
        bodies = {each["cut_off"]: defaultdict(set) for each in (*self.earlier, self.now)}
        hold(folder.is_dir(), f"--paid {folder} is no folder")
        for kind, records in map(stored, sorted(folder.rglob("*.avro"))):
            for record, body in (pair for pair in records if pair[0]["cut_off"] in bodies):
                bodies[record["cut_off"]][kind].add(body)
        for each in (*self.shown["earlier"], self.shown["instruction"]):
            run, of_run = runs[each["record"]["cut_off"]], bodies[each["record"]["cut_off"]]
            said = b"".join(len(body).to_bytes(4, "big") + body for kind in OF_RUN for body in sorted(of_run[kind]))
            whole = hashlib.sha256(said).hexdigest() == run["content_sha256"]
            hold(whole, f"{folder} has not all that the pay run of {civil(run['run_date'])} said (content_sha256)")
            hold(base64.b64decode(each["body"]) in of_run["PaymentInstruction"], "its pay run did not say this payment")

def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("receipt")
    parser.add_argument("--paid", metavar="FOLDER", help="what was paid: the Avro files of its pay runs")
    parser.add_argument("--last", metavar="SHA256", help="the digest of the newest PayRun, from whoever knows it")
    asked = parser.parse_args()
    try:
        def whole(pairs): return once([name for name, _ in pairs], "names of one object") or dict(pairs)
        text = Path(asked.receipt).read_text("utf-8")
        receipt = Receipt(json.loads(text, object_pairs_hook=whole, parse_float=int, parse_constant=int))
        runs, last = receipt.check()
        hold((asked.last or last).lower() == last, f"the chain ends with {last}, which is another than that of --last")
        if asked.paid:
            receipt.check_paid(runs, Path(asked.paid))
    except Refused as why:
        parser.exit(1, f"REFUSED: {ascii(str(why))[1:-1]}\n")
    except ZoneInfoNotFoundError:
        parser.exit(1, "NOT CHECKED: this Python knows no time zones; pip install tzdata\n")
    except (*UNREADABLE, zlib.error) as wrong:
        parser.exit(1, f"REFUSED: nothing that can be read ({type(wrong).__name__}: {ascii(str(wrong))[1:-1]})\n")
    print("holds: bytes, minutes, rates, rounding, taxes and net of", ascii(receipt.now["instruction_id"]))
    print("holds: by the law whose SHA-256 is", receipt.now["law_version"])
    print(f"holds: {len(runs)} PayRuns in a chain; the SHA-256 of the last is {last}")
    print("holds:" if asked.last else "NOT CHECKED (--last):", "the county's chain ends with that, and that is its law")
    print("holds:" if asked.paid else "NOT CHECKED (--paid):", "its pay run said just this payment (content_sha256)")
    print("Not derived but taken as shown:", NOT_DERIVED, sep="\n    ")

if __name__ == "__main__":
    main()
