// Makes the replica set and one user per service, each for its own database and nothing else.
// Safe to run at every start: what is there stays, and passwords become those of the secrets.
"use strict";

const fs = require("fs");
const secret = (name) => fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();
const admin = db.getSiblingDB("admin");

admin.auth("root", secret("mongo_root_password"));
try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
}
while (!db.hello().isWritablePrimary) sleep(200);

for (const service of ["registry", "referrals", "notifications"]) {
  const own = db.getSiblingDB(`ihala_${service}`);
  const user = { pwd: secret(`mongo_${service}_password`), roles: ["readWrite"] };
  if (own.getUser(service)) own.updateUser(service, user);
  else own.createUser({ user: service, ...user });
}
print("The replica set and the users of the services are there.");
