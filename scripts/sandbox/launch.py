"""Starts one server of the sandbox account on the loopback: `launch.py ministack` or `launch.py moto`.

moto runs as it is. MiniStack runs with those gaps closed that Firebreak's own behaviour depends on; each `mend_*`
function below says which, and what AWS does instead. It replaces private functions of MiniStack, so the version is
checked first.

Life: the server lives as long as its standard input is open. sandbox.ts holds the other end and never writes; when
that process ends, in whatever way (kill -9 too), the kernel closes the pipe, and the server goes, with its workers
and its state directory.

Environment, besides what MiniStack itself reads (GATEWAY_PORT, BIND_HOST, AUTH, MINISTACK_ACCOUNT_ID, ...):
  SANDBOX_DIR            the state directory, removed at the end
  SANDBOX_MOTO_PORT      moto's port
  SANDBOX_ADMIN_USER, SANDBOX_ADMIN_KEY, SANDBOX_ADMIN_SECRET   the IAM user to create, with all permissions
  SANDBOX_RETRY_SECONDS  wait before an asynchronous invocation's first retry (AWS: 60 s, then 120 s), default 1
  SANDBOX_WIDTH          concurrent asynchronous invocations of one function, default 2
"""

import contextvars
import fnmatch
import json
import os
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

MINISTACK_VERSION = "1.5.33"
READ_ONLY_STATE = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def check_version():
    """Refuse a MiniStack whose private functions nobody has compared with the mends below."""
    found = metadata.version("ministack")
    if found != MINISTACK_VERSION:
        raise SystemExit(
            f"launch.py: found ministack {found}, expected {MINISTACK_VERSION}: the mends replace private functions of"
            " exactly that version. Next: delete .venv and start the sandbox again, or, to move to another version,"
            " go through each mend_* in scripts/sandbox/launch.py and change MINISTACK_VERSION and requirements.in."
        )


def watch_parent(end):
    """Call `end` once standard input is closed: then the process that started this one is gone or wants it gone."""

    def wait():
        while os.read(0, 4096):
            pass
        end()

    threading.Thread(target=wait, name="watch-parent", daemon=True).start()


def create_admin():
    """The account's first person: an IAM user with an inline policy that allows everything.

    MiniStack treats the access key "test" and its own AWS_ACCESS_KEY_ID as the account's root, which no policy
    binds. A person in a real account is a user, so ours is one. The secret leaves the environment here, because
    Lambda workers inherit what is in it.
    """
    from ministack.services import iam

    name = os.environ.pop("SANDBOX_ADMIN_USER")
    key = os.environ.pop("SANDBOX_ADMIN_KEY")
    secret = os.environ.pop("SANDBOX_ADMIN_SECRET")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam._create_user({"UserName": [name]})
    iam._put_user_policy(
        {"UserName": [name], "PolicyName": ["everything"], "PolicyDocument": [json.dumps(everything)]}
    )
    iam._access_keys[key] = {
        "UserName": name,
        "AccessKeyId": key,
        "SecretAccessKey": secret,
        "Status": "Active",
        "CreateDate": iam._now(),
    }


def mend_transport(app):
    """Requests count as made over TLS (aws:SecureTransport).

    They never leave the loopback, so plain HTTP will do here; the stack's own policies, and osls's for its bucket,
    deny what comes without TLS, and are enforced.
    """
    pin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, secure_transport: pin(source_ip, True)


def mend_schedule_arns():
    """A schedule's ARN holds its group (service authorization reference, EventBridge Scheduler): stock says "default"."""
    from ministack.core import iam_actions

    resource_of = iam_actions.extract_resource_arn

    def with_group(service, method, path, headers, body, query_params, region, account_id):
        found = resource_of(service, method, path, headers, body, query_params, region, account_id)
        if service != "scheduler" or ":schedule/default/" not in found:
            return found
        asked = query_params.get("groupName")
        group = asked[0] if isinstance(asked, list) else asked
        if not group:
            try:
                group = json.loads(body or b"{}").get("GroupName")
            except (ValueError, AttributeError):
                group = None
        return found.replace(":schedule/default/", f":schedule/{group or 'default'}/")

    iam_actions.extract_resource_arn = with_group


def mend_key_alias():
    """A call that names a key by its alias is a call on the key ("Controlling access to aliases", KMS Developer Guide).

    MiniStack asks policies about the alias, which a policy that names the key does not know.
    """
    from ministack.core import iam_actions
    from ministack.services import kms

    resource_of = iam_actions.extract_resource_arn

    def of_key(service, method, path, headers, body, query_params, region, account_id):
        found = resource_of(service, method, path, headers, body, query_params, region, account_id)
        if service != "kms" or ":alias/" not in str(found) or "Alias" in str(headers.get("x-amz-target")):
            return found
        key = kms._aliases.get_scoped(account_id, region, found)
        return found.partition(":alias/")[0] + f":key/{key}" if key else found

    iam_actions.extract_resource_arn = of_key


def mend_rule_arns():
    """A rule on the default bus is `rule/NAME` (service authorization reference, EventBridge), however a call names it.

    Stock says `rule/default/NAME`, and "*" where the member is called Rule.
    """
    from ministack.core import iam_actions

    resource_of = iam_actions.extract_resource_arn

    def of_rule(service, method, path, headers, body, query_params, region, account_id):
        found = resource_of(service, method, path, headers, body, query_params, region, account_id)
        operation = str(headers.get("x-amz-target")).rpartition(".")[2]
        if service != "events" or "Rule" not in operation + "Rule" * operation.endswith("Targets"):
            return found
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            return found
        name = asked.get("Name") or asked.get("Rule")
        if not name or asked.get("EventBusName", "default") != "default":
            return found
        return f"arn:aws:events:{region}:{account_id}:rule/{name}"

    iam_actions.extract_resource_arn = of_rule


def mend_alarm_names():
    """A call that names alarms in a list is a call on these alarms (service authorization reference, CloudWatch).

    Stock asks policies about "*", which a policy that names alarms does not know. One alarm is asked about: the first.
    """
    from ministack.core import iam_actions

    resource_of = iam_actions.extract_resource_arn

    def of_alarm(service, method, path, headers, body, query_params, region, account_id):
        found = resource_of(service, method, path, headers, body, query_params, region, account_id)
        operation = str(headers.get("x-amz-target")).rpartition(".")[2]
        if service != "monitoring" or operation not in ("EnableAlarmActions", "DisableAlarmActions", "DeleteAlarms"):
            return found
        try:
            names = json.loads(body or b"{}").get("AlarmNames")
        except (ValueError, AttributeError):
            return found
        return f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{names[0]}" if names else found

    iam_actions.extract_resource_arn = of_alarm


def mend_domain_names():
    """A call that names a search domain in its path is a call on that domain (`http` traits of the API model).

    Stock looks for the name in the body alone, and asks policies about "*", which a policy that names domains does not know.
    """
    from ministack.core import iam_actions

    resource_of = iam_actions.extract_resource_arn

    def of_domain(service, method, path, headers, body, query_params, region, account_id):
        found = resource_of(service, method, path, headers, body, query_params, region, account_id)
        name = path.partition("/opensearch/domain/")[2].partition("/")[0]
        if service != "opensearch" or found != "*" or not name:
            return found
        return f"arn:aws:es:{region}:{account_id}:domain/{name}"

    iam_actions.extract_resource_arn = of_domain


def mend_url_action():
    """A PUT to a function's URL is lambda:UpdateFunctionUrlConfig (`http` trait of the API model): stock asks for Create."""
    from ministack.core import iam_actions

    action_of = iam_actions._lambda_action

    def by_method(method, path):
        found = action_of(method, path)
        names = {"PUT": "UpdateFunctionUrlConfig", "DELETE": "DeleteFunctionUrlConfig"}
        return names.get(method, found) if found == "CreateFunctionUrlConfig" else found

    iam_actions._lambda_action = by_method


def mend_principal_arn():
    """aws:PrincipalArn of a session is its role's ARN ("AWS global condition context keys", IAM User Guide).

    MiniStack gives the session's, which policies on keys and tables, ours too, do not name. Roles with a path are not
    told apart: the session's ARN does not hold it.
    """
    from ministack.core import iam_evaluator

    resolve = iam_evaluator._resolve_condition_key

    def with_role(key, ctx):
        found = resolve(key, ctx)
        if key.lower() != "aws:principalarn" or ":assumed-role/" not in str(found):
            return found
        head, _, session = found.partition(":assumed-role/")
        return f"{head.replace(':sts:', ':iam:')}:role/{session.split('/')[0]}"

    iam_evaluator._resolve_condition_key = with_role


def mend_iam_requests():
    """A call of IAM's is decided for the resource that it changes, and knows the policy that it attaches.

    MiniStack asks about the user where a group is changed, about everything where an access key is all that is named, and
    has no iam:PolicyARN (service authorization reference, AWS Identity and Access Management).
    """
    from ministack.core import iam_actions, iam_evaluator
    from ministack.services import iam

    resource_of = iam_actions.extract_resource_arn
    resolve = iam_evaluator._resolve_condition_key
    policy = contextvars.ContextVar("policy", default=None)

    def of_identity(service, method, path, headers, body, query_params, region, account_id):
        found = resource_of(service, method, path, headers, body, query_params, region, account_id)

        def given(name):
            value = query_params.get(name)
            return value[0] if isinstance(value, list) and value else value

        policy.set(given("PolicyArn") if service == "iam" else None)
        if service == "iam" and given("GroupName"):
            return f"arn:aws:iam::{account_id}:group/{given('GroupName')}"
        if service == "iam" and found == "*" and given("AccessKeyId") in iam._access_keys:
            return f"arn:aws:iam::{account_id}:user/{iam._access_keys[given('AccessKeyId')]['UserName']}"
        return found

    def with_policy(key, ctx):
        return policy.get() if key.lower() == "iam:policyarn" else resolve(key, ctx)

    iam_actions.extract_resource_arn = of_identity
    iam_evaluator._resolve_condition_key = with_policy


def mend_request_keys():
    """dynamodb:LeadingKeys holds the partition keys that a call names; events:source and events:detail-type what PutEvents says.

    Stock has none of them (service authorization reference, DynamoDB and EventBridge), and a statement that asks for one
    does not hold. Only the incidents' table is known here: its key is called pk.
    """
    from ministack.core import iam_actions, iam_evaluator

    resource_of = iam_actions.extract_resource_arn
    resolve = iam_evaluator._resolve_condition_key
    known = ("dynamodb:leadingkeys", "events:source", "events:detail-type")
    found = contextvars.ContextVar("request_keys", default={})

    def of_request(service, method, path, headers, body, query_params, region, account_id):
        found.set({})
        if service in ("dynamodb", "events"):
            try:
                asked = json.loads(body or b"{}")
                entries = asked.get("Entries") or []
                found.set(
                    {
                        "dynamodb:leadingkeys": sorted(partition_keys(asked)) or None,
                        "events:source": [entry.get("Source") for entry in entries] or None,
                        "events:detail-type": [entry.get("DetailType") for entry in entries] or None,
                    }
                )
            except (ValueError, AttributeError):
                pass
        return resource_of(service, method, path, headers, body, query_params, region, account_id)

    def with_keys(key, ctx):
        return found.get().get(key.lower()) if key.lower() in known else resolve(key, ctx)

    iam_actions.extract_resource_arn = of_request
    iam_evaluator._resolve_condition_key = with_keys


def partition_keys(asked):
    """The values of pk in whatever keys and items a DynamoDB request names, at every depth."""
    if isinstance(asked, list):
        return {found for one in asked for found in partition_keys(one)}
    if not isinstance(asked, dict):
        return set()
    here = {
        asked[name]["pk"]["S"]
        for name in ("Key", "Item")
        if isinstance(asked.get(name), dict) and isinstance(asked[name].get("pk"), dict) and "S" in asked[name]["pk"]
    }
    many = [one["pk"]["S"] for one in asked.get("Keys") or [] if isinstance(one, dict) and "S" in one.get("pk", {})]
    inner = {found for name, one in asked.items() if name not in ("Item", "Key") for found in partition_keys(one)}
    return here | set(many) | inner


def mend_event_sources():
    """PutEvents takes `aws.*` sources.

    AWS refuses those sources to everybody but its services, and no emulator makes the CloudTrail events of the calls
    it serves: whoever makes a call in the sandbox puts the event of it, too.
    """
    from ministack.services import eventbridge

    eventbridge._put_events.__defaults__ = (True,)


def mend_read_only_events():
    """Read-only management events reach only the rules that ask for them.

    AWS: a rule in state ENABLED does not get CloudTrail's read-only management events, one in state
    ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS does ("Receiving read-only management events from AWS services",
    Amazon EventBridge User Guide). MiniStack knows only ENABLED and gives it everything, so a rule that is dead on
    AWS would be alive here, and the other way round.
    """
    from ministack.services import eventbridge

    def dispatch(event, view=None):
        view = view or eventbridge._pattern_event_view(event)
        read_only = is_read_only_call(event)
        bus = event.get("EventBusName", "default")
        path = set(event.get("_DispatchPath") or [])
        for key, rule in list(eventbridge._rules.items()):
            state = rule.get("State")
            listens = state == READ_ONLY_STATE or (state == "ENABLED" and not read_only)
            if not listens or key in path or rule.get("EventBusName", "default") != bus:
                continue
            pattern = rule.get("EventPattern")
            if pattern and eventbridge._matches_pattern_view(pattern, view, f"rule {key}"):
                for target in eventbridge._targets.get(key, []):
                    eventbridge._invoke_target(target, event, rule, view)

    eventbridge._dispatch_event = dispatch


def is_read_only_call(event):
    """Whether an event is CloudTrail's record of a management call that reads."""
    if event.get("DetailType") != "AWS API Call via CloudTrail":
        return False
    try:
        detail = json.loads(event.get("Detail") or "{}")
    except ValueError:
        return False
    if not isinstance(detail, dict) or detail.get("managementEvent") in (False, "false"):
        return False
    return detail.get("readOnly") in (True, "true")


def mend_invoke_permission():
    """EventBridge may invoke a function only where the function's own policy lets that rule.

    AWS: without a lambda:InvokeFunction statement for events.amazonaws.com with the rule's ARN the invocation fails,
    and the event goes to the target's dead-letter queue if there is one. MiniStack invokes regardless.
    """
    from ministack.core.arn import parse_arn
    from ministack.services import eventbridge, lambda_svc

    invoke = eventbridge._invoke_target

    def checked(target, event, rule, view=None):
        arn = target.get("Arn", "")
        # A schedule invokes by its own role ("Set up the execution role", EventBridge Scheduler User Guide), not by the
        # function's policy; whether that role may is not asked here, and not by MiniStack.
        if ":lambda:" not in arn or ":scheduler:" in rule.get("Arn", ""):
            return invoke(target, event, rule, view)
        func, _config, _name = lambda_svc._get_func_record_for_ref(arn)
        if not func or any(lets_rule(s, rule.get("Arn")) for s in func["policy"]["Statement"]):
            return invoke(target, event, rule, view)
        eventbridge.logger.error(
            "EventBridge: %s has no statement that lets rule %s invoke it", arn, rule.get("Arn")
        )
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue:
            view = view or eventbridge._pattern_event_view(event)
            eventbridge._dispatch_to_sqs(parse_arn(queue), json.dumps(view.event_with_detail()))

    eventbridge._invoke_target = checked


def lets_rule(statement, rule_arn):
    """Whether one statement of a function's policy lets one EventBridge rule invoke it.

    The source's ARN may hold wildcards: "Lambda configures the comparison using the StringLike operator" (AWS Lambda API
    Reference, AddPermission, SourceArn).
    """
    principal = statement.get("Principal")
    service = principal.get("Service") if isinstance(principal, dict) else principal
    if statement.get("Effect") != "Allow" or service != "events.amazonaws.com":
        return False
    condition = statement.get("Condition") or {}
    sources = [v for test in condition.values() for k, v in test.items() if k.lower() == "aws:sourcearn"]
    return not sources or any(fnmatch.fnmatchcase(rule_arn or "", source) for source in sources)


def mend_async_invocation():
    """EventBridge and SNS reach a function through Lambda's asynchronous queue, with bounded width.

    AWS ("How Lambda handles errors and retries with asynchronous invocation", Lambda Developer Guide): a failed event
    is tried again MaximumRetryAttempts times, after one minute and then two; a throttled one until it is too old;
    what fails for good goes to the on-failure destination, with the permissions of the function's role. MiniStack
    loses the event of a handler that throws, and starts a Node process for each concurrent event (measured: a hundred
    events took 13 GB). Its pool of warm processes is kept; only as many run at once as the width allows.
    """
    from ministack.services import eventbridge, lambda_svc, sns

    base = float(os.environ.get("SANDBOX_RETRY_SECONDS") or 1)
    width = int(os.environ.get("SANDBOX_WIDTH") or 2)
    running = threading.BoundedSemaphore(2 * width)
    pools, pools_lock = {}, threading.Lock()

    def pool_of(arn):
        with pools_lock:
            if arn not in pools:
                pools[arn] = ThreadPoolExecutor(width, thread_name_prefix="async")
            return pools[arn]

    def enqueue(func, event):
        config = func.get("config") or func
        settings = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
        retries = settings.get("MaximumRetryAttempts")
        retries = 2 if retries is None else int(retries)
        oldest = int(settings.get("MaximumEventAgeInSeconds") or 21600)
        destination = ((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        destination = destination or (config.get("DeadLetterConfig") or {}).get("TargetArn")
        born = time.monotonic()
        pool = pool_of(config["FunctionArn"])
        context = contextvars.copy_context()
        account, region = lambda_svc._account_region_from_function_config(config)

        def attempt(number, wait):
            lambda_svc._request_account_id.set(account)
            lambda_svc._request_region.set(region)
            with running:
                began = time.monotonic()
                try:
                    result = lambda_svc._execute_function(func, event)
                except Exception as error:  # a fault of the emulator is told like one of the function
                    lambda_svc.logger.exception("asynchronous invocation of %s", config["FunctionName"])
                    result = {"error": True, "body": {"errorMessage": str(error)}}
                milliseconds = (time.monotonic() - began) * 1000
            throttled = bool(result.get("throttle"))
            if not throttled:
                lambda_svc._emit_lambda_metrics(
                    config["FunctionName"], milliseconds, bool(result.get("error")), False
                )
            if not result.get("error"):
                return
            old = time.monotonic() - born + wait > oldest
            if not old and (throttled or number < retries):
                # a throttle is no attempt: Lambda keeps the event and asks again
                later = threading.Timer(
                    wait, pool.submit, (context.copy().run, attempt, number if throttled else number + 1, wait * 2)
                )
                later.daemon = True
                later.start()
            elif destination:
                deliver_failure(destination, config, event, result)

        pool.submit(context.run, attempt, 0, base)

    def deliver_failure(destination, config, event, result):
        from ministack.core.iam_evaluator import enforce
        from ministack.core.lambda_runtime import execution_credentials

        action = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}.get(
            destination.split(":")[2]
        )
        key = execution_credentials(config)["AWS_ACCESS_KEY_ID"]
        denied = enforce(key, action, action.split(":")[0], destination.split(":")[3], destination) if action else None
        if denied is not None:
            lambda_svc.logger.error(
                "%s failed for good, and its role may not %s to %s: the event is lost, as on AWS",
                config["FunctionName"], action, destination,
            )
            return
        lambda_svc._route_async_failure(destination, config["FunctionName"], event, result)

    def from_eventbridge(arn, payload):
        try:
            event = json.loads(payload)
        except (ValueError, TypeError):
            event = {"body": payload}
        func, config, name = lambda_svc._get_func_record_for_ref(arn)
        if func and config:
            enqueue(lambda_svc._execution_record_for_config(func, config), event)
        else:
            eventbridge.logger.warning("EventBridge to Lambda: %s not found", name)

    class LambdaOfSns:
        """What sns.py sees as lambda_svc: the same module, but for the one call that would run synchronously."""

        def __getattr__(self, name):
            return getattr(lambda_svc, name)

        def _execute_function_with_config_scope(self, func, event):
            enqueue(func, event)

    eventbridge._dispatch_to_lambda = from_eventbridge
    lambda_svc.invoke_async_with_retry = enqueue
    sns._lambda_svc = LambdaOfSns()


def mend_metrics():
    """Embedded-metric-format lines in a function's log become CloudWatch metrics, as on AWS."""
    from ministack.services import cloudwatch, lambda_svc

    execute = lambda_svc._execute_function

    def counted(func, event):
        result = execute(func, event)
        for line in (result.get("log") or "").splitlines():
            if '"_aws"' not in line:
                continue
            try:
                record_metrics(cloudwatch, json.loads(line[line.index("{"):]))
            except (ValueError, KeyError, TypeError):
                lambda_svc.logger.warning("not embedded metric format: %.200s", line)
        return result

    lambda_svc._execute_function = counted


def record_metrics(cloudwatch, record):
    """Record each metric of one embedded-metric-format object under each of its sets of dimensions."""
    for directive in record["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: record[name] for name in names}
            for metric in directive["Metrics"]:
                values = record[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    unit = metric.get("Unit", "None")
                    cloudwatch.record_metric(directive["Namespace"], metric["Name"], value, unit, dimensions)


def mend_table(handlers):
    """CloudFormation sets a table's expiry, point-in-time recovery and encryption, which MiniStack ignores."""
    from ministack.services import dynamodb

    def apply(name, props):
        expiry = props.get("TimeToLiveSpecification")
        if expiry:
            must(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": expiry}))
        recovery = props.get("PointInTimeRecoverySpecification")
        if recovery:
            must(
                dynamodb._update_continuous_backups(
                    {"TableName": name, "PointInTimeRecoverySpecification": recovery}
                )
            )
        encryption = props.get("SSESpecification")
        if encryption:
            request = {k: v for k, v in encryption.items() if k != "SSEEnabled"}
            request["Enabled"] = as_bool(encryption.get("SSEEnabled"))
            dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(request)

    after(handlers["AWS::DynamoDB::Table"], lambda result, props: apply(result[0], props))


def mend_topic(handlers):
    """CloudFormation sets a topic's key, which MiniStack ignores."""
    from ministack.services import sns

    def apply(result, props):
        attributes = sns._topics[result[0]]["attributes"]
        if props.get("KmsMasterKeyId"):
            attributes["KmsMasterKeyId"] = props["KmsMasterKeyId"]
        else:
            attributes.pop("KmsMasterKeyId", None)

    after(handlers["AWS::SNS::Topic"], apply)


def open_sessions(handlers):
    """Each deployed function's session exists from its deployment on, not only from its first invocation.

    So `credentialsOf` in sandbox.ts can act as a function's role at any time.
    """
    from ministack.core.lambda_runtime import execution_credentials
    from ministack.services import lambda_svc

    def register(result, _props):
        execution_credentials(lambda_svc._functions[result[0]]["config"])

    after(handlers["AWS::Lambda::Function"], register)


def mend_alarm():
    """CloudFormation accepts an alarm on metric math, which MiniStack refuses.

    The alarm is stored with its Metrics and never evaluated (MiniStack evaluates none by time): tests set its state.
    """
    from ministack.services.cloudformation import provisioners

    record = provisioners._cw_metric_alarm_record

    def with_math(name, props):
        queries = props.get("Metrics")
        if not queries:
            return record(name, props)
        plain = {k: v for k, v in props.items() if k != "Metrics"}
        alarm = record(name, {**plain, "MetricName": "metric math", "Namespace": "sandbox/metric-math"})
        return {**alarm, "Metrics": queries}

    provisioners._cw_metric_alarm_record = with_math


def after(handler, apply):
    """Let `apply(result, properties)` follow a resource type's create and update."""
    create, update = handler["create"], handler["update"]

    def created(logical_id, props, stack_name):
        result = create(logical_id, props, stack_name)
        apply(result, props)
        return result

    def updated(physical_id, old_props, new_props, *rest, **named):
        result = update(physical_id, old_props, new_props, *rest, **named)
        apply(result, new_props)
        return result

    handler["create"], handler["update"] = created, updated


def must(response):
    """Turn a service function's refusal, (status, headers, body), into the exception CloudFormation reports."""
    status, _headers, body = response
    if status >= 400:
        raise ValueError(body.decode() if isinstance(body, bytes) else str(body))


def as_bool(value):
    """A template's boolean, which may have become a string on its way."""
    return value is True or str(value).lower() == "true"


def run_ministack():
    """Check, mend, serve; and end with the parent."""
    check_version()
    from ministack import app
    from ministack.core import lambda_runtime
    from ministack.services.cloudformation import provisioners

    def end():
        lambda_runtime.reset()
        shutil.rmtree(os.environ["SANDBOX_DIR"], ignore_errors=True)
        os._exit(0)

    create_admin()
    mend_transport(app)
    mend_schedule_arns()
    mend_key_alias()
    mend_alarm_names()
    mend_rule_arns()
    mend_domain_names()
    mend_url_action()
    mend_principal_arn()
    mend_iam_requests()
    mend_request_keys()
    mend_event_sources()
    mend_read_only_events()
    mend_invoke_permission()
    mend_async_invocation()
    mend_metrics()
    mend_table(provisioners._RESOURCE_HANDLERS)
    mend_topic(provisioners._RESOURCE_HANDLERS)
    mend_alarm()
    open_sessions(provisioners._RESOURCE_HANDLERS)
    watch_parent(end)
    sys.argv = ["ministack"]
    app.main()


def run_moto():
    """Serve moto on the loopback; end with the parent."""
    from moto.server import main

    watch_parent(lambda: os._exit(0))
    main(["-H", "127.0.0.1", "-p", os.environ["SANDBOX_MOTO_PORT"]])


if __name__ == "__main__":
    {"ministack": run_ministack, "moto": run_moto}[sys.argv[1]]()
