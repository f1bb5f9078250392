// Words that carry grammar and no subject, of the languages that questions mostly come in. A word that
// means something in one of them ("die", "man") is dropped for all: a keyword too few does no harm.

const lists = [
  // English
  `a about above after again against all also am an and any are as at be because been before being
   below between both but by can could did do does doing down during each few for from further had has
   have having he her here hers him his how i if in into is it its itself just may me might more most
   must my no nor not now of off on once only or other our ours out over own same shall she should so
   some such than that the their theirs them then there these they this those through to too under
   until up upon us very was we were what when where which while who whom whose why will with within
   without would you your yours don't doesn't isn't aren't wasn't can't won't`,
  // German
  `aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist da
   damit dann das dass dein dem den denn der des dich die dies diese diesem diesen dieser dieses dir
   doch dort du durch ein eine einem einen einer eines er es etwas euch für gegen hab habe haben hat
   hatte hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem
   jeden jeder jedes jetzt kann kein keine keinem keinen keiner können könnte mein meine mich mir mit
   muss nach nicht nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner sich sie sind
   so solche soll sollte sondern sonst über um und uns unser unter vom von vor war waren warum was wann
   weil welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir wird wo wurde
   wurden zu zum zur zwischen`,
  // French
  `à au aucun aussi autre aux avec avoir c'est car ce ceci cela ces cet cette ceux chaque comme comment
   d'un d'une dans de des donc dont du elle elles en entre est et être été eu il ils je l'on la le les
   leur leurs lui ma mais me même mes moi mon ne ni nos notre nous on ont ou où par pas plus pour
   pourquoi qu'il qu'est quand que quel quelle quelles quels qui sa sans se ses si son sont sous sur ta
   te tes toi ton tous tout toute toutes tu un une vos votre vous y`,
  // Spanish
  `al algo como con contra cual cuando cuándo cuál cómo de del desde donde dónde durante el ella ellas
   ellos en entre era es esa ese eso esta está están estas este esto estos fue ha han hasta hay la las
   le les lo los más me mi mis muy no nos nosotros o otra otro para pero por porque qué que quien quién
   se sea ser si sí sin sobre son su sus también tan te tiene todo todos tu un una uno unos y ya yo`,
  // Italian
  `ai al alla alle allo anche che chi ci come con cosa cui da dal dalla dei del della delle dello di dove
   e è ed essere gli ha hanno i il in io la le lei lo loro lui ma mi ne nei nel nella no noi non nostro
   o per perché più quale quando quella quello questa questo sarà se si sia sono su sua sue sul sulla
   suo tra tutti un una uno vi voi`,
  // Portuguese
  `ao aos as até com como da das de dela dele do dos e ela ele eles em entre era essa esse esta este eu
   foi há isso isto já mais mas meu minha muito na não nas no nos o os ou para pela pelo por qual quando
   que quem são se sem ser seu seus sua suas também te tem um uma você`,
  // Dutch
  `aan af als bij dat de deze die dit door een en er geen haar had heb hebben heeft het hij hoe hun ik in
   is je kan maar me meer met mijn na naar niet nog nu of om omdat ons ook op over te tegen toch toen tot
   uit van veel voor waar wanneer waren was wat we wel welke werd wie wij worden wordt zal ze zich zij
   zijn zo zonder zou`,
]

export const functionWords: ReadonlySet<string> = new Set(
  lists.flatMap((list) => list.split(/\s+/)).filter((word) => word !== ''),
)
