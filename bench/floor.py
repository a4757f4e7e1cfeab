"""The floor: bare Flask endpoints, run by gunicorn with the same settings as the services.

``POST /`` parses JSON and inserts one document of a referral's size, with the write concern of the
services. ``GET /near`` runs the bare ``$geoNear`` query and sends what it found.
"""

from __future__ import annotations

import os
from typing import Any

from bson import ObjectId
from flask import Flask, Response, jsonify, request

from ihala.mongo import Collection, Document, connect
from ihala_referrals.store.facilities import FacilityStore


def application() -> Flask:
    """The app; where it writes, and how much, is in the environment."""
    app = Flask("floor")
    database = connect(os.environ["FLOOR_MONGODB"])
    inserted, facilities = database["floor"], FacilityStore(database).projection.collection
    size = int(os.environ["FLOOR_DOCUMENT_BYTES"])

    @app.get("/alive")
    def alive() -> str:
        return "alive"

    @app.post("/")
    def insert() -> tuple[Response, int]:
        body = request.get_json()
        id_ = str(ObjectId())
        filling = bytes(size - request.content_length) if request.content_length else b""
        inserted.insert_one({"_id": id_, "body": body, "filling": filling})
        return jsonify(id=id_), 201

    @app.get("/near")
    def find() -> Response:
        lat, lon = float(request.args["lat"]), float(request.args["lon"])
        return jsonify(near(facilities, request.args["service"], lat, lon))

    return app


def near(facilities: Collection[Document], service: str, lat: float, lon: float) -> list[Any]:
    """The ten nearest that list the service, with what a page of matches shows of them."""
    here = {"type": "Point", "coordinates": [lon, lat]}
    shown = ("name", "distance_m", "functionality", "accessibility", "hours")
    nearest = {"near": here, "query": {"service_codes": service}, "distanceField": "distance_m"}
    return list(
        facilities.aggregate(
            [
                {"$geoNear": {**nearest, "spherical": True}},
                {"$limit": 10},
                {"$project": {**dict.fromkeys(shown, 1), "service": f"$services.{service}"}},
            ]
        )
    )
