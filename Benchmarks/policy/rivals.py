"""Cedar (cedarpy) and Casbin on the question that Sluis answers: may this consumer read this owner's rows?

Each owner is an entity whose attribute lists the agreements granted; one policy says that a listed agreement may
read. Printed are microseconds a decision, and what the boundary between Python and the engine costs: an empty
batch, which is taken off.
"""
import json
import random
import statistics
import time
import uuid


def median(samples):
    return statistics.median(samples)


def cedar(count, batch=200, runs=5):
    import cedarpy

    owners = [str(uuid.UUID(int=random.getrandbits(128))) for _ in range(count)]
    entities = [
        {
            "uid": {"__entity": {"type": "Owner", "id": owner}},
            "attrs": {"grants": [] if number % 10 == 0 else ["agreement-1"]},
            "parents": [],
        }
        for number, owner in enumerate(owners)
    ]
    policies = """
        permit(principal == Consumer::"authority", action == Action::"read", resource is Owner)
        when { resource.grants.contains("agreement-1") };
    """
    text = json.dumps(entities)
    requests = [
        {
            "principal": 'Consumer::"authority"',
            "action": 'Action::"read"',
            "resource": f'Owner::"{random.choice(owners)}"',
            "context": {},
        }
        for _ in range(batch)
    ]
    samples, empties = [], []
    for _ in range(runs):
        start = time.perf_counter()
        answers = cedarpy.is_authorized_batch(requests, policies, text)
        middle = time.perf_counter()
        cedarpy.is_authorized_batch([], policies, text)
        end = time.perf_counter()
        assert any(answer.allowed for answer in answers)
        samples.append(middle - start)
        empties.append(end - middle)
    net = max(median(samples) - median(empties), 0)
    return net / batch * 1e6, median(empties) * 1e6


def casbin_decisions(count, decisions):
    import casbin

    model = casbin.Enforcer.new_model(
        text="""
        [request_definition]
        r = sub, obj, act
        [policy_definition]
        p = sub, obj, act
        [policy_effect]
        e = some(where (p.eft == allow))
        [matchers]
        m = r.obj == p.obj && r.sub == p.sub && r.act == p.act
        """
    )
    enforcer = casbin.Enforcer(model)
    owners = [str(number) for number in range(count)]
    enforcer.add_policies([["authority", owner, "read"] for owner in owners])
    asked = [random.choice(owners) for _ in range(decisions)]
    start = time.perf_counter()
    for owner in asked:
        assert enforcer.enforce("authority", owner, "read")
    return (time.perf_counter() - start) / decisions * 1e6


def main():
    random.seed(7)
    for name, count in [("1k", 1_000), ("100k", 100_000)]:
        decision, boundary = cedar(count)
        print(f"figure cedar_{name}_us {decision:.3f} us")
        print(f"figure cedar_{name}_empty_batch_us {boundary:.0f} us")
    print(f"figure casbin_1k_us {casbin_decisions(1_000, 20):.0f} us")
    print(f"figure casbin_100k_us {casbin_decisions(100_000, 2):.0f} us")


main()
