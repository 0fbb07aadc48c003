"""This file answers as the index of fear and greed does: all days, the newest first."""

import json

from steelyard.venues.standin.world import Answer, Asked, Standin


def mood_answer(world: Standin, asked: Asked) -> Answer:
    """Return the days of the index that have begun; ``limit`` counts from the newest, 0 is all."""
    now_s = world.now_ms() // 1000
    days = [
        {"value": f"{value:g}", "timestamp": str(second)}
        for second, value in reversed(world.mood)
        if second <= now_s
    ]
    limit = int(asked.query.get("limit", "1"))
    document = {"name": "Fear and Greed Index", "data": days[: limit or None]}
    return Answer(200, json.dumps(document).encode())
