// Makes the replica set, its root, one user per service, each for its own database and nothing
// else, and one for backups. Safe to run at every start: what is there stays, members of
// MONGO_MEMBERS that are new are taken in, and passwords become those of the secrets.
"use strict";

const fs = require("fs");
const secret = (name) => fs.readFileSync(`/run/secrets/${name}`, "utf8").trim();
const admin = db.getSiblingDB("admin");
// The first one is where this runs; it is preferred as the primary.
const members = (process.env.MONGO_MEMBERS || "mongo:27017").split(",");

function signIn() {
  try {
    admin.auth("root", secret("mongo_root_password"));
    return true;
  } catch (error) {
    if (error.codeName !== "AuthenticationFailed") throw error;
    return false;
  }
}

// As long as there is no user at all, MongoDB lets a caller on its own host make the first.
function makeRoot() {
  try {
    admin.createUser({ user: "root", pwd: secret("mongo_root_password"), roles: ["root"] });
  } catch (error) {
    if (error.codeName !== "Unauthorized") throw error;
    print("MongoDB has a root whose password is not that of deploy/secrets.d/mongo_root_password.");
    print("Put the password there that the data were made with.");
    quit(1);
  }
  signIn();
}

// One at a time, each once the one before has all data: the majority is never that of newcomers.
function takeIn(host) {
  const config = rs.conf();
  const _id = Math.max(...config.members.map((member) => member._id)) + 1;
  config.members.push({ _id, host, priority: 1 });
  config.members[0].priority = 2;
  config.version += 1;
  rs.reconfig(config);
  const stateOf = () => rs.status().members.find((member) => member.name === host).stateStr;
  while (stateOf() !== "SECONDARY") sleep(500);
}

if (!db.hello().setName) {
  const member = (host, _id) => ({ _id, host, priority: _id === 0 ? 2 : 1 });
  rs.initiate({ _id: "rs0", members: members.map(member) });
}
while (!db.hello().isWritablePrimary) sleep(200);
if (!signIn()) makeRoot();
const known = rs.conf().members.map((member) => member.host);
members.filter((host) => !known.includes(host)).forEach(takeIn);

for (const service of ["registry", "referrals", "notifications"]) {
  const own = db.getSiblingDB(`ihala_${service}`);
  const user = { pwd: secret(`mongo_${service}_password`), roles: ["readWrite"] };
  if (own.getUser(service)) own.updateUser(service, user);
  else own.createUser({ user: service, ...user });
}
// Reads all of it at one moment, and writes it into empty databases; it may not change documents.
const keeper = {
  pwd: secret("mongo_backup_password"),
  roles: [{ role: "backup", db: "admin" }, { role: "restore", db: "admin" }],
};
if (admin.getUser("backup")) admin.updateUser("backup", keeper);
else admin.createUser({ user: "backup", ...keeper });
print("The replica set, the users of the services and the one of backups are there.");
