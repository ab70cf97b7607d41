"""Which piece is asked from whom: near before far, rare before common, the first source last, late ones twice."""

from __future__ import annotations

from nodeworker.models.swarm import AT_ONCE, FROM_ONE, LATE_SECONDS, Cap, Peer, Swarm


def bits(*pieces: int) -> int:
    return sum(1 << piece for piece in pieces)


def swarm(count: int, *peers: Peer, have: int = 0, at_once: int = AT_ONCE) -> Swarm:
    made = Swarm(count, have, seed=1, at_once=at_once)
    made.peers = {peer.id: peer for peer in peers}
    return made


def test_the_rarest_piece_comes_first() -> None:
    peers = [Peer("a", have=bits(0, 1, 2)), Peer("b", have=bits(0, 1)), Peer("c", have=bits(0))]
    asked = []
    chosen = swarm(3, *peers)
    while (choice := chosen.choose(0.0)) is not None:
        asked.append(choice[1])
        if choice[0] == "a":
            assert choice[1] == max(set(range(3)) - set(asked[:-1]))
    assert sorted(asked) == [0, 1, 2]


def test_equally_rare_pieces_are_drawn_by_lot() -> None:
    peer = Peer("a", have=(1 << 1000) - 1)
    first = {Swarm(1000, 0, seed=seed) for seed in range(20)}
    drawn = set()
    for one in first:
        one.peers = {"a": Peer("a", have=peer.have)}
        choice = one.choose(0.0)
        assert choice is not None
        drawn.add(choice[1])
    assert len(drawn) > 10


def test_near_peers_come_before_far_ones_and_the_first_source_gives_only_what_nobody_else_has() -> None:
    near, far = Peer("near", have=bits(0, 1, 2, 3)), Peer("far", near=False, have=bits(0, 1, 2, 3, 4))
    source = Peer("source", first=True, have=bits(*range(8)))
    chosen = swarm(8, source, far, near)
    choices = [chosen.choose(0.0) for _ in range(6)]
    assert [choice and choice[0] for choice in choices] == ["near", "near", "far", "far", "source", "source"]
    assert {choice[1] for choice in choices[4:] if choice} <= {5, 6, 7}
    assert chosen.choose(0.0) is None  # each peer is asked for FROM_ONE at a time


def test_no_more_are_under_way_than_allowed() -> None:
    peers = [Peer(str(n), have=(1 << 100) - 1) for n in range(20)]
    assert sum(swarm(100, *peers).choose(0.0) is not None for _ in range(1)) == 1
    chosen = swarm(100, *peers)
    assert len([1 for _ in range(50) if chosen.choose(0.0)]) == AT_ONCE
    assert all(peer.busy <= FROM_ONE for peer in peers)


def test_what_is_here_is_not_asked_again() -> None:
    chosen = swarm(2, Peer("a", have=bits(0, 1)), have=bits(0))
    choice = chosen.choose(0.0)
    assert choice == ("a", 1)
    chosen.ended("a", 1, arrived=True)
    assert chosen.complete and chosen.choose(0.0) is None


def test_a_piece_that_did_not_come_is_asked_elsewhere() -> None:
    chosen = swarm(1, Peer("a", have=1), Peer("b", have=1))
    first = chosen.choose(0.0)
    assert first is not None
    del chosen.peers[first[0]]  # it went away
    chosen.ended(first[0], 0, arrived=False)
    assert chosen.choose(0.0) == (("b" if first[0] == "a" else "a"), 0)


def test_a_late_piece_is_asked_from_a_second_peer_once_nothing_else_is_left() -> None:
    chosen = swarm(1, Peer("a", have=1), Peer("b", have=1))
    first = chosen.choose(0.0)
    assert first is not None and chosen.choose(LATE_SECONDS / 2) is None
    second = chosen.choose(LATE_SECONDS * 1.1)
    assert second is not None and second[0] != first[0]
    assert chosen.choose(LATE_SECONDS * 5) is None  # not from a third
    assert sorted(chosen.others(0)) == ["a", "b"]


def test_a_refusal_holds_for_its_time() -> None:
    chosen = swarm(2, Peer("a", have=bits(0)))
    chosen.refuse("a", 0, 5.0)
    assert chosen.choose(4.9) is None and chosen.choose(5.0) == ("a", 0)


def test_whether_all_can_be_had() -> None:
    chosen = swarm(3, Peer("a", have=bits(0)), have=bits(1))
    assert not chosen.reachable
    chosen.peers["b"] = Peer("b", have=bits(2))
    assert chosen.reachable


def test_a_cap_spreads_pieces_over_time() -> None:
    cap, free = Cap(1000), Cap(0)
    assert cap.wait(10.0) == 0.0
    cap.took(500, 10.0)
    assert cap.wait(10.0) == 0.5 and cap.wait(10.5) == 0.0
    cap.took(2000, 20.0)
    assert cap.wait(20.0) == 2.0
    free.took(10**9, 0.0)
    assert free.wait(0.0) == 0.0
